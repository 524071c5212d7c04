import assert from 'node:assert/strict';
import {test} from 'node:test';

import {createExpression, featureFilter} from '@maplibre/maplibre-gl-style-spec';

import {applyPalette, contourInterval, getStyleById, isDark} from '../shared-styles/index.js';

const minimal = /** @type {import('../shared-styles/index.js').Style} */ (getStyleById('minimal'));
const topographic = /** @type {import('../shared-styles/index.js').Style} */ (getStyleById('topographic'));

/**
 * @param {import('../shared-styles/index.js').Style} style
 * @param {string} id
 * @param {import('../shared-styles/index.js').LayerSettings} layers
 * @param {number} [palette]
 * @returns {any}
 */
function layer(style, id, layers = {}, palette = 0) {
  return applyPalette(style, style.palettes[palette], layers).layers.find((each) => each.id === id);
}

/**
 * The heights of *given* that a layer shows on tiles of *zoom*.
 * @param {{filter: any}} shown
 * @param {number} zoom
 * @param {number[]} given
 */
function heights({filter}, zoom, given) {
  const {filter: passes} = featureFilter(filter, 'layers[0].filter');
  return given.filter((ele) => passes(/** @type {any} */ ({zoom}), /** @type {any} */ ({type: 2, properties: {ele}})));
}

for (const [zoom, density, apart] of [
  [15, 10, 10], [13, 50, 50], [12, 50, 50], [12, 30, 60], [12, 10, 50], [11, 50, 100], [9, 250, 250], [8, 10, 200],
]) {
  test(`at zoom ${zoom} lines asked for every ${density} m are ${apart} m apart`, () => {
    assert.equal(contourInterval(zoom, density), apart);
  });
}

test('a style with index lines has round hundreds on far maps', () => {
  assert.deepEqual([9, 10, 11, 12, 13].map((zoom) => contourInterval(zoom, 30, true)), [200, 200, 100, 50, 30]);
});

test('plain contours are the multiples of the density on land', () => {
  assert.deepEqual(heights(layer(minimal, 'contours', {contourDensity: 50}), 13, [-50, 0, 25, 50, 75, 100]), [50, 100]);
});

for (const [zoom, given, regular, index] of /** @type {[number, number[], number[], number[]][]} */ ([
  [10, [200, 500, 800, 1000, 1200], [200, 800, 1200], [1000]],
  [12, [50, 450, 500, 1000], [50, 450], [500, 1000]],
  [13, [20, 40, 100, 110, 200], [20, 40], [100, 200]],
])) {
  test(`index and regular contours share the heights at zoom ${zoom}`, () => {
    const settings = {contourDensity: 20};
    assert.deepEqual(heights(layer(topographic, 'contours-regular', settings), zoom, given), regular);
    assert.deepEqual(heights(layer(topographic, 'contours-index', settings), zoom, given), index);
    assert.deepEqual(heights(layer(topographic, 'contours-labels', settings), zoom, given), index);
  });
}

test('the light and the strength of the relief are the settings\'', () => {
  const {paint} = layer(minimal, 'hillshade', {hillshadeExaggeration: 3, terrainLightAzimuth: 360});

  assert.equal(paint['hillshade-exaggeration'], 1);
  assert.equal(paint['hillshade-illumination-direction'], 0);
  assert.equal(paint['hillshade-illumination-anchor'], 'map');
});

test('relief is lit on dark paper and shaded on light', () => {
  const dark = minimal.palettes.findIndex(({background}) => isDark(background));
  const [light, night] = [0, dark].map((palette) => layer(minimal, 'hillshade', {}, palette).paint);

  assert.equal(light['hillshade-highlight-color'], minimal.palettes[0].background);
  assert.notEqual(light['hillshade-shadow-color'], '#000000');
  assert.equal(night['hillshade-shadow-color'], '#000000');
});

for (const [style, id] of /** @type {const} */ ([[minimal, 'bathymetry-detail'], [topographic, 'bathymetry-volumetric']])) {
  test(`${style.id} tints the sea by its depth, and no land`, () => {
    const parsed = createExpression(layer(style, id).paint['color-relief-color'], 'layers[0].paint.color-relief-color',
      /** @type {any} */ ({type: 'color', expression: {parameters: ['elevation']}}));
    assert.equal(parsed.result, 'success');
    const opacity = (/** @type {number} */ elevation) =>
      /** @type {any} */ (parsed.value).evaluate({zoom: 12, elevation}).a;

    assert.equal(opacity(100), 0);
    assert.equal(opacity(-1), 0);
    const deeper = [-10, -50, -200, -1000, -5000].map(opacity);
    assert.deepEqual(deeper, [...deeper].sort((a, b) => a - b));
    assert.ok(deeper[0] > 0 && deeper[4] < 0.6, deeper.join());
  });
}

test('depths are shown unless they are turned off', () => {
  assert.equal(layer(minimal, 'bathymetry-detail').layout.visibility, 'visible');
  assert.equal(layer(minimal, 'bathymetry-detail', {terrainUnderWater: false}).layout.visibility, 'none');
});
