import assert from 'node:assert/strict';
import {test} from 'node:test';

import {applyPalette, contrast, getDefaultStyle} from '../shared-styles/index.js';
import {derivedPalette, layersOf} from '../src/own-style.js';

const style = getDefaultStyle();
const SETTINGS = {streets: true, water: true};

/** @param {(layers: any[]) => void} change @param {any} [more] */
function own(change, more = {}) {
  const given = structuredClone(style.mapStyle);
  change(given.layers);
  return {style: given, toggles: [], finished: false, ...more};
}

/** @param {any[]} layers @param {string} id */
const byId = (layers, id) => layers.find((layer) => layer.id === id);

/** @param {string} palette @param {any} map */
function drawn(palette, map) {
  const chosen = /** @type {any} */ (style.palettes.find(({id}) => id === palette));
  return layersOf(map, style, applyPalette(style, chosen, SETTINGS), SETTINGS);
}

test('a layer of ours, unchanged, wears the palette', () => {
  const layers = drawn('navy', own(() => {}));

  assert.equal(byId(layers, 'background').paint['background-color'], '#f7f6f1');
});

test('a layer that was changed is drawn as given', () => {
  const layers = drawn('navy', own((given) => Object.assign(byId(given, 'water').paint, {'fill-color': '#ff0000'})));

  assert.equal(byId(layers, 'water').paint['fill-color'], '#ff0000');
  assert.equal(byId(layers, 'water').layout?.visibility, undefined);
});

test('a toggle sent along hides its layers', () => {
  const map = own((given) => given.push({id: 'mine', type: 'background', paint: {}}),
    {toggles: [{id: 'population', layerIds: ['mine']}, {id: 'water', layerIds: ['water']}]});

  const layers = drawn('ink', map);

  assert.equal(byId(layers, 'mine').layout.visibility, 'none');
  assert.notEqual(byId(layers, 'water').layout?.visibility, 'none');
});

test('the words around a map without a palette can be read', () => {
  for (const background of ['#ffffff', '#000000', '#808080', '#2266cc']) {
    const palette = derivedPalette(background);
    assert.ok(contrast(palette.text, palette.background) >= 3, background);
  }
});
