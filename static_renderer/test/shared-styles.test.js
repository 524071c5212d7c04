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

test('minimal has the palettes saved posters may name', () => {
  assert.deepEqual(getDefaultStyle().palettes.map(({id}) => id), [
    'ink', 'charcoal', 'navy', 'warm', 'blush', 'sage', 'copper', 'fjord', 'arctic-dawn', 'hygge', 'birch-forest',
    'midnight-sun', 'wabi-sabi', 'indigo--rice', 'cherry-blossom', 'zen-garden', 'ukiyo-e', 'pure-white', 'void',
    'blue-mono', 'sepia-mono',
  ]);
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
    // Ice depends on whether the paper is light or dark only.
    const papers = style.palettes.filter(({background}, i) => i === 0 || isDark(background)).slice(0, 2);
    const [one, other] = papers.map((palette) => applyPalette(style, palette, everything).layers);
    const coloured = (/** @type {any} */ layer) => Object.entries(layer.paint).filter(([key]) => key.endsWith('color'));
    one.forEach((layer, i) => {
      assert.ok(coloured(layer).length, layer.id);
      assert.notDeepEqual(coloured(layer), coloured(other[i]), layer.id);
    });
  });

  test(`${style.id} hides what is not asked for`, () => {
    const {layers} = applyPalette(style, style.palettes[0], {streets: true});
    const shown = layers.filter((layer) => layer.layout?.visibility !== 'none').map(({id}) => id);
    assert.ok(shown.every((id) => /^(background|road-|bridge-)/.test(id)), shown.join());
    assert.ok(shown.includes('road-motorway'));
  });
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
