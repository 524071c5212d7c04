import assert from 'node:assert/strict';
import {test} from 'node:test';

import {applyPalette, contrast, lightOf, parse, styles} from '../shared-styles/index.js';
import {LIGHT, exaggeration} from '../shared-styles/src/light.js';

const [minimal] = styles;
const RAMP = {colorLow: '#0000ff', colorMid: '#00ff00', colorHigh: '#ff0000', opacity: 0.6};
const USUAL = {terrainLightAltitude: 45, terrainAmbientLight: 0.35, terrainDiffuseLight: 0.8};

/** @param {import('../shared-styles/index.js').Palette} palette @returns {any} */
function buildings(palette) {
  return applyPalette(minimal, palette, {buildings3D: true}).layers.find(({id}) => id === 'buildings-3d');
}

test('buildings are of one colour in a palette without a ramp, whole and in the light of the style', () => {
  const {paint} = buildings(minimal.palettes[0]);

  assert.equal(paint['fill-extrusion-color'], minimal.palettes[0].buildings);
  assert.equal(paint['fill-extrusion-opacity'], 1);
  for (const style of styles) assert.deepEqual(style.mapStyle.light, LIGHT, style.id);
});

test('a ramp colours buildings by their height, not by the scale they are drawn at', () => {
  const {paint} = buildings({...minimal.palettes[0], building3D: RAMP});

  assert.deepEqual(paint['fill-extrusion-color'],
    ['interpolate', ['linear'], ['to-number', ['get', 'render_height'], 6], 0, '#0000ff', 30, '#00ff00', 100, '#ff0000']);
  assert.equal(paint['fill-extrusion-opacity'], 0.6);
});

test('a palette\'s light takes the place of the style\'s, part by part', () => {
  const lit = (/** @type {object} */ given) => lightOf(LIGHT, {...minimal.palettes[0], building3D: {...RAMP, ...given}});

  assert.deepEqual(lit({}), LIGHT);
  assert.deepEqual(lit({lightColor: null, lightIntensity: null}), LIGHT);
  assert.deepEqual(lit({lightIntensity: 0}), {...LIGHT, intensity: 0});
  assert.deepEqual(lit({lightColor: '#ffddaa'}), {...LIGHT, color: '#ffddaa'});
});

test('a map without a light keeps none, unless its palette has one', () => {
  const [palette] = minimal.palettes;

  assert.equal(lightOf(undefined, palette), undefined);
  assert.equal(lightOf(undefined, {...palette, building3D: {...RAMP, lightIntensity: 0.2}})?.intensity, 0.2);
});

test('parts of a building are scaled with what they stand on', () => {
  const layer = /** @type {any} */ (applyPalette(minimal, minimal.palettes[0], {buildings3D: true, buildings3DHeightScale: 0.5})
    .layers.find(({id}) => id === 'buildings-3d'));

  const [height, base] = ['height', 'base'].map((end) => layer.paint[`fill-extrusion-${end}`]);
  assert.deepEqual(height.at(-1).slice(0, 2), ['*', 0.5]);
  assert.deepEqual(base, ['interpolate', ['linear'], ['zoom'], 13, 0, 13.5, ['*', 0.5, ['to-number', ['get', 'render_min_height'], 0]]]);
});

/**
 * What MapLibre 6.17 makes of a colour (fill_extrusion.vertex.glsl) on a face that looks *towards*.
 * @param {string} colour
 * @param {[x: number, y: number, z: number]} towards
 */
function seen(colour, towards) {
  const [radial, azimuth, polar] = /** @type {number[]} */ (LIGHT.position);
  const [a, p] = [((azimuth + 90) * Math.PI) / 180, (polar * Math.PI) / 180];
  const light = [radial * Math.cos(a) * Math.sin(p), radial * Math.sin(a) * Math.sin(p), radial * Math.cos(p)];
  const dot = Math.min(1, Math.max(0, towards.reduce((sum, each, n) => sum + each * light[n], 0)));
  const {r, g, b} = parse(colour);
  const intensity = Number(LIGHT.intensity);
  const value = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  const bright = Math.max(1 - value + intensity, 1);
  const directional = (1 - intensity) + (bright - (1 - intensity)) * dot;
  const level = (/** @type {number} */ c) => Math.round(255 * Math.min(1, (c / 255 + 0.03) * directional));
  return `rgb(${level(r)}, ${level(g)}, ${level(b)})`;
}

test('in every palette roofs, walls towards the beholder and walls beside them are told apart', () => {
  for (const {palettes} of styles) {
    for (const {id, buildings: colour} of palettes) {
      const [roof, beside] = [seen(colour, [0, 0, 1]), seen(colour, [1, 0, 0])];
      const front = [seen(colour, [0, 1, 0]), seen(colour, [0, -1, 0])]
        .reduce((one, other) => (contrast(one, '#000000') > contrast(other, '#000000') ? one : other));
      assert.ok(contrast(roof, front) > 1.15, `${id}: ${roof} ${front}`);
      assert.ok(contrast(front, beside) > 1.15, `${id}: ${front} ${beside}`);
    }
  }
});

test('the usual light leaves the exaggeration as it was asked for', () => {
  for (const asked of [0, 0.3, 0.5, 1]) {
    assert.equal(exaggeration({hillshadeExaggeration: asked}), asked);
    assert.equal(exaggeration({hillshadeExaggeration: asked, ...USUAL}), asked);
  }
});

for (const [name, values] of /** @type {[string, number[]][]} */ ([
  ['terrainLightAltitude', [90, 75, 60, 45, 30, 15, 0]],
  ['terrainAmbientLight', [1, 0.7, 0.35, 0.1, 0]],
  ['terrainDiffuseLight', [0, 0.2, 0.5, 0.8, 1]],
])) {
  test(`slopes stand out more with each step of ${name}`, () => {
    for (const asked of [0.2, 0.5, 0.9]) {
      const found = values.map((value) => exaggeration({hillshadeExaggeration: asked, ...USUAL, [name]: value}));
      for (let n = 1; n < found.length; n++) assert.ok(found[n] > found[n - 1], found.join());
      assert.ok(Math.min(...found) >= 0 && Math.max(...found) <= 1, found.join());
    }
  });
}

test('no light is no shade, and neither is an exaggeration of nothing in the lowest light', () => {
  assert.equal(exaggeration({terrainDiffuseLight: 0, terrainAmbientLight: 0}), 0);
  assert.equal(exaggeration({hillshadeExaggeration: 0, terrainAmbientLight: 0, terrainLightAltitude: 0}), 0);
});

test('colours of shadow, light and bare ground are the settings\', the last in 3D only', () => {
  const settings = {terrainShadowColor: '#112233', terrainHighlightColor: '#ffeedd', terrainColor: '#445566'};
  const paint = (/** @type {string} */ id, /** @type {object} */ more) => /** @type {any} */ (
    applyPalette(minimal, minimal.palettes[0], {...settings, ...more}).layers.find((layer) => layer.id === id)).paint;

  const shade = paint('hillshade', {});
  assert.equal(shade['hillshade-shadow-color'], '#112233');
  assert.equal(shade['hillshade-accent-color'], '#112233');
  assert.equal(shade['hillshade-highlight-color'], '#ffeedd');
  assert.equal(paint('background', {})['background-color'], minimal.palettes[0].background);
  assert.equal(paint('background', {volumetricTerrain: true})['background-color'], '#445566');
});
