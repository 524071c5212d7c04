import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {test} from 'node:test';

import catalogue from '../shared-styles/fonts.json' with {type: 'json'};
import {applyPalette, styles} from '../shared-styles/index.js';
import {LABEL_FACES, labelFacesOf, nearest} from '../src/fonts.js';

const PACKAGES = new URL('../node_modules/', import.meta.url);
/** @type {Record<string, {package: string, weights: number[], drawnWith?: string}>} */
const fonts = catalogue;

test('every font a style recommends is in the catalogue', () => {
  const named = new Set(styles.flatMap(({recommendedFonts}) => recommendedFonts));

  assert.deepEqual([...named].filter((font) => !fonts[font]), []);
  assert.deepEqual(Object.keys(fonts).filter((font) => !named.has(font)), []);
});

for (const [font, {package: name, weights}] of Object.entries(fonts)) {
  test(`${font} is shipped in its weights, under a free licence`, () => {
    const folder = new URL(`${name}/`, PACKAGES);
    assert.ok(weights.length > 0);
    for (const weight of weights) assert.ok(existsSync(new URL(`${weight}.css`, folder)), String(weight));
    assert.match(JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')).license, /^(OFL-1\.1|Apache-2\.0)$/);
  });
}

for (const style of styles) {
  test(`${style.id} writes its labels with a face we have`, () => {
    const everything = Object.fromEntries(style.layerToggles.map(({id}) => [id, true]));
    const layers = applyPalette(style, style.palettes[0], everything).layers.filter(({type}) => type === 'symbol');

    for (const {layout} of /** @type {any[]} */ (layers)) {
      for (const face of layout['text-font']) assert.ok(LABEL_FACES[face], face);
      assert.ok([...style.recommendedFonts, 'Inter'].includes(LABEL_FACES[layout['text-font'][0]].font));
    }
  });
}

test('a label face is of a font and a weight there is', () => {
  for (const [name, {font, weight}] of Object.entries(LABEL_FACES)) assert.ok(fonts[font].weights.includes(weight), name);
});

test('only the faces of shown labels are loaded', () => {
  const [style] = styles.filter(({id}) => id === 'vintage');

  const faces = (/** @type {import('../shared-styles/index.js').LayerSettings} */ layers) =>
    labelFacesOf(applyPalette(style, style.palettes[0], layers));

  assert.deepEqual(faces({streets: true}), []);
  assert.deepEqual(faces({'labels-cities': true}), ['EB Garamond Medium', 'Inter Medium']);
});

test('a weight that is missing becomes the nearest there is', () => {
  assert.equal(nearest([400, 700], 800), 700);
  assert.equal(nearest([400], 100), 400);
});
