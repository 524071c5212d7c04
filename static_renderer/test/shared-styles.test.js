import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {validateStyleMin} from '@maplibre/maplibre-gl-style-spec';

import {built} from '../shared-styles/build.js';
import {applyPalette, contrast, getDefaultStyle, getStyleById, isDark, styles} from '../shared-styles/index.js';

const FOLDER = fileURLToPath(new URL('../shared-styles/', import.meta.url));
const CLASSES = /** @type {const} */ (
  ['motorway', 'trunk', 'primary', 'secondary', 'tertiary', 'residential', 'service']);

test('the files are what the definitions say', () => {
  for (const [name, content] of Object.entries(built())) {
    assert.equal(readFileSync(join(FOLDER, name), 'utf8'), content, `${name}: run npm run build`);
  }
});

test('minimal is the default style', () => {
  assert.equal(getDefaultStyle().id, 'minimal');
  assert.equal(getStyleById('minimal'), getDefaultStyle());
  assert.equal(getStyleById('nothing'), undefined);
});

/** Palettes that saved posters and API callers may name, by style in the order they are listed. */
const PALETTE_IDS = {
  'minimal': ['ink', 'charcoal', 'navy', 'warm', 'blush', 'sage', 'copper', 'fjord', 'arctic-dawn', 'hygge', 'birch-forest',
    'midnight-sun', 'wabi-sabi', 'indigo--rice', 'cherry-blossom', 'zen-garden', 'ukiyo-e', 'pure-white', 'void',
    'blue-mono', 'sepia-mono'],
  'dark-mode': ['dark-gold', 'dark-silver', 'dark-rose', 'dark-neon', 'dark-navy', 'dark-ember', 'dark-aurora'],
  'midnight': ['midnight-classic'],
  'blueprint': ['blueprint-classic', 'blueprint-architect', 'blueprint-cyan', 'blueprint-gray', 'blueprint-white'],
  'vintage': ['vintage-parchment', 'vintage-atlas', 'vintage-sepia', 'vintage-maritime', 'vintage-faded', 'vintage-colonial'],
  'topographic': ['topo-survey', 'topo-usgs', 'topo-night', 'topo-earth', 'topo-mono'],
  'watercolor': ['watercolor-coastal', 'watercolor-spring', 'watercolor-sunset', 'watercolor-dusk', 'watercolor-sumi',
    'watercolor-botanical'],
  'abstract': ['abstract-blocks', 'abstract-pastel', 'abstract-neon', 'abstract-earth', 'abstract-emerald-city',
    'abstract-amethyst', 'abstract-sapphire', 'abstract-ruby', 'abstract-obsidian--gold'],
  'atmospheric': ['atmospheric-desert-dusk', 'atmospheric-california-gold', 'atmospheric-peach-horizon',
    'atmospheric-amber-glow', 'atmospheric-morning-mist', 'atmospheric-london-fog', 'atmospheric-overcast',
    'atmospheric-smoke', 'atmospheric-ethereal'],
  'organic': ['organic-abyss', 'organic-coral-reef', 'organic-pacific', 'organic-tidal', 'organic-deep-current',
    'organic-moss--stone', 'organic-fern-gully', 'organic-old-growth', 'organic-lichen', 'organic-rainforest',
    'organic-adobe', 'organic-canyon', 'organic-sahara-night', 'organic-red-earth', 'organic-pueblo'],
  'retro': ['retro-70s-earth', 'retro-80s-synthwave', 'retro-90s-teal', 'retro-faded-polaroid', 'retro-art-deco'],
};

test('the styles and palettes are those that saved posters name', () => {
  const ids = Object.fromEntries(styles.map((style) => [style.id, style.palettes.map(({id}) => id)]));

  assert.deepEqual(ids, PALETTE_IDS);
  assert.deepEqual(Object.keys(ids), Object.keys(PALETTE_IDS));
  assert.equal(styles.flatMap(({palettes}) => palettes).length, 89);
});

test('the first palette is the default, and every palette knows its style', () => {
  for (const {id, defaultPalette, palettes} of styles) {
    assert.equal(palettes[0].id, defaultPalette);
    // minimal's palettes are the oldest and have no prefix.
    if (id !== 'minimal') assert.equal(new Set(palettes.map((palette) => palette.id.split('-')[0])).size, 1);
    assert.ok(palettes.every(({style}) => style === id));
  }
});

test('a style has the opacities and special layers it is known for', () => {
  /** @param {string} style @param {string} id @returns {any} */
  const layer = (style, id) => getStyleById(style)?.mapStyle.layers.find((each) => each.id === id);
  /** @type {Record<string, [waterway: number, park: number, buildings: number]>} */
  const opacities = {
    'minimal': [0.7, 0.3, 0.15], 'dark-mode': [0.5, 0.4, 0.3], 'midnight': [0.7, 0.3, 0.15], 'blueprint': [0.7, 0.25, 0.2],
    'vintage': [0.8, 0.5, 0.25], 'topographic': [0.7, 0.4, 0.2], 'watercolor': [0.7, 0.6, 0.2], 'abstract': [0.7, 0.8, 0.6],
    'atmospheric': [0.9, 0.4, 0.2], 'organic': [0.8, 0.9, 0.3], 'retro': [1, 0.8, 0.4],
  };
  for (const {id} of styles) {
    const found = [layer(id, 'waterway').paint['line-opacity'], ...['park', 'buildings'].map((area) => layer(id, area).paint['fill-opacity'])];
    assert.deepEqual(found, opacities[id], id);
  }
  const having = (/** @type {string} */ id) => styles.filter((style) => layer(style.id, id)).map((style) => style.id);
  assert.deepEqual(having('bridge-motorway'), ['minimal', 'dark-mode']);
  assert.deepEqual(layer('dark-mode', 'road-glow').paint['line-width'].slice(3), [10, 6.25, 11, 7.5, 12, 8.75, 13, 10, 14, 11.25]);
  assert.deepEqual(styles.filter((style) => layer(style.id, 'water').filter).map(({id}) => id), ['minimal', 'atmospheric', 'organic', 'retro']);
  assert.deepEqual(layer('blueprint', 'road-primary').layout, {'line-cap': 'square', 'line-join': 'miter'});
  assert.equal(layer('blueprint', 'waterway').metadata['poster:toggle'], undefined);
});

test('a finish is numbers only, and the quiet styles have none', () => {
  assert.deepEqual(styles.filter(({finish}) => !finish).map(({id}) => id), ['minimal', 'dark-mode', 'midnight']);
  for (const {id, finish = {}} of styles) {
    for (const [name, value] of Object.entries(finish)) assert.ok(Number.isFinite(value) && value > 0, `${id}: ${name}`);
  }
});

for (const style of styles) {
  const everything = Object.fromEntries(style.layerToggles.map(({id}) => [id, true]));
  for (const palette of style.palettes) {
    test(`${style.id} in ${palette.id} is a valid map style`, () => {
      assert.deepEqual(validateStyleMin(applyPalette(style, palette, everything)), []);
    });

    test(`${style.id} in ${palette.id} can be read and its roads told apart`, () => {
      assert.ok(contrast(palette.text, palette.background) >= 4.5);
      const visible = CLASSES.map((kind) => contrast(palette.roads[kind], palette.background));
      assert.ok(Math.min(...visible) >= 1.25, `faintest ${Math.min(...visible)}`);
      for (let i = 1; i < visible.length; i++) assert.ok(visible[i - 1] > visible[i] * 1.05, CLASSES[i]);
    });
  }

  test(`${style.id} colours every layer from the palette`, () => {
    const [first, ...rest] = style.palettes;
    const other = rest.find(({background}) => isDark(background) !== isDark(first.background)) ?? rest.at(-1) ?? strange(first);
    const sameDarkness = isDark(other.background) === isDark(first.background);
    const [one, two] = [first, other].map((palette) => applyPalette(style, palette, everything).layers);
    const coloured = (/** @type {any} */ layer) => Object.entries(layer.paint).filter(([key]) => key.endsWith('color'));
    one.forEach((layer, i) => {
      assert.ok(coloured(layer).length, layer.id);
      // Ice only depends on whether the paper is light or dark.
      if (layer.id === 'landcover-ice' && sameDarkness) return;
      assert.notDeepEqual(coloured(layer), coloured(two[i]), layer.id);
    });
  });

  test(`${style.id} hides what is not asked for`, () => {
    const {layers} = applyPalette(style, style.palettes[0], {streets: true, terrainUnderWater: false});
    const shown = layers.filter((layer) => layer.layout?.visibility !== 'none').map(({id}) => id);
    // What no toggle names stays: the ground, and blueprint's waterways.
    const always = style.id === 'blueprint' ? /^(background|waterway)$/ : /^(background|ground-.*)$/;
    assert.deepEqual(shown.filter((id) => !/^(road|bridge)-/.test(id) && !always.test(id)), []);
    assert.ok(shown.includes('road-motorway'));
  });
}

/** A palette that shares no colour with *palette*, for a style that has only one. @param {any} palette @returns {any} */
function strange(palette) {
  const other = getDefaultStyle().palettes[0];
  return {...other, id: palette.id, style: palette.style};
}

test('road weight and place names change the roads, and nothing else', () => {
  const style = getDefaultStyle();
  const width = (/** @type {object} */ layers) => {
    const drawn = applyPalette(style, style.palettes[0], {streets: true, ...layers});
    const layer = /** @type {any} */ (drawn.layers.find(({id}) => id === 'road-motorway'));
    return [layer.paint['line-width'].at(-1), layer.paint['line-opacity']];
  };
  assert.deepEqual(width({}), [4, 1]);
  assert.deepEqual(width({roadWeight: 2}), [8, 1]);
  assert.deepEqual(width({labels: true}), [3.2, 0.7]);
});

test('applying a palette leaves the style as it was', () => {
  const before = JSON.stringify(getDefaultStyle());

  applyPalette(getDefaultStyle(), getDefaultStyle().palettes[3], {streets: true, roadWeight: 3});

  assert.equal(JSON.stringify(getDefaultStyle()), before);
});

test('the packed package can be imported from an empty project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'styles-'));
  try {
    const [{filename}] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', folder, FOLDER], {encoding: 'utf8'}));
    writeFileSync(join(folder, 'package.json'), '{"type": "module", "private": true}');
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--legacy-peer-deps', join(folder, filename)], {cwd: folder, stdio: 'pipe'});
    const script = "import {getStyleById} from 'poster-shared-styles'; console.log(getStyleById('minimal').palettes.length)";

    const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {cwd: folder, encoding: 'utf8'});

    assert.equal(said.trim(), '21');
  } finally {
    rmSync(folder, {recursive: true});
  }
});
