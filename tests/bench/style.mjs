/**
 * The map style of a poster's config, for MapLibre Native: only what is shown and what it can draw.
 * Reads `{config, tilejson}` on stdin, writes the style to stdout.
 */

import {readFileSync} from 'node:fs';

import {applyPalette, getStyleById} from '../../static_renderer/shared-styles/index.js';

const {config, tilejson} = JSON.parse(readFileSync(0, 'utf8'));
const style = getStyleById(config.style);
const palette = style.palettes.find(({id}) => id === (config.palette || style.defaultPalette));
const drawn = applyPalette(style, palette, config.layers);
const layers = drawn.layers.filter(({layout, source}) =>
  layout?.visibility !== 'none' && (source ?? 'openmaptiles') === 'openmaptiles');
const undrawable = layers.filter(({type}) => type === 'symbol');
if (undrawable.length) throw new Error(`labels need glyphs: ${undrawable.map(({id}) => id)}`);
const sources = {openmaptiles: {type: 'vector', url: tilejson}};
process.stdout.write(JSON.stringify({version: 8, sources, layers}));
