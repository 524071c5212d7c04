import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {validateStyleMin} from '@maplibre/maplibre-gl-style-spec';

import {applyPalette, styles} from '../shared-styles/index.js';
import {inAnyScript} from '../src/label-scripts.js';

const [style] = styles;
const LABELS = {'labels-cities': true, 'labels-admin': true, 'labels-streets': true};

/** @param {any} layout */
function adapted(layout) {
  const layer = {id: 'label', type: /** @type {const} */ ('symbol'), source: 'x', layout};
  return /** @type {any} */ (inAnyScript({version: 8, sources: {}, layers: [layer]}).layers[0]).layout;
}

test('labels are drawn with the style’s own faces first', () => {
  const fonts = adapted({'text-font': ['EB Garamond Medium', 'Inter Medium']})['text-font'];

  assert.deepEqual(fonts.slice(0, 3), ['EB Garamond Medium', 'Inter Medium', 'Noto Sans Arabic']);
  assert.deepEqual(fonts.slice(-2), ['sans-serif', 'Noto Emoji']);
});

test('fonts and spacing that cannot be read are left alone', () => {
  for (const layout of [
    {'text-font': ['literal', ['Inter']]},
    {'text-font': ['get', 'font']},
    {'text-field': '{name}', 'text-letter-spacing': 0.1},
    {'text-field': ['step', ['zoom'], '', 6, ['get', 'name']], 'text-letter-spacing': 0.1},
    {'text-field': ['get', 'name'], 'text-letter-spacing': ['interpolate', ['linear'], ['zoom'], 4, 0, 9, 0.1]},
  ]) {
    assert.deepEqual(adapted(layout), layout);
  }
});

test('the emoji of labels are shipped, under a free licence', () => {
  const folder = new URL('../node_modules/@fontsource/noto-emoji/', import.meta.url);

  assert.match(readFileSync(new URL('400.css', folder), 'utf8'), /font-family: 'Noto Emoji'/);
  assert.equal(JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')).license, 'OFL-1.1');
});

test('what a style becomes is still a style', () => {
  const changed = inAnyScript(applyPalette(style, style.palettes[0], LABELS));

  const errors = validateStyleMin(/** @type {any} */ (changed)).map(({message}) => message);
  assert.deepEqual(errors, []);
});
