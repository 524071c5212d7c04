/** A definition -> the whole style, as its file holds it. */

import {applyPalette} from './apply-palette.js';
import {LIGHT} from './light.js';

/**
 * Public tiles, so that a style works as it is; the renderer page puts its gateway's addresses here.
 * Whoever shows contour lines makes their tiles (`elevation-layers.js`) and serves them under this
 * protocol, and whoever has population tiles puts their address in: no public ones are known.
 */
const SOURCES = {
  openmaptiles: {type: 'vector', url: 'https://tiles.openfreemap.org/planet'},
  terrain: {
    type: 'raster-dem', encoding: 'terrarium', tileSize: 256, maxzoom: 14,
    tiles: ['https://s3.amazonaws.com/elevation-tiles-prod/terrarium/{z}/{x}/{y}.png'],
  },
  contours: {type: 'vector', tiles: ['contours://{z}/{x}/{y}'], minzoom: 9, maxzoom: 15},
  population: {type: 'vector', tiles: ['population://{z}/{x}/{y}'], minzoom: 0, maxzoom: 15},
};

/**
 * @param {any} definition one of `definitions/`
 * @returns {import('../index.js').Style}
 */
export function wholeStyle({layers, ...about}) {
  const mapStyle = {version: 8, name: about.name, sources: SOURCES, light: LIGHT, layers};
  /** @type {import('../index.js').Style} */
  const style = {...about, layerToggles: toggles(layers), mapStyle};
  // In the file the map wears its default palette, so that it can be looked at as it is.
  const palette = about.palettes.find((/** @type {any} */ p) => p.id === about.defaultPalette);
  const shown = Object.fromEntries(style.layerToggles.map((toggle) => [toggle.id, true]));
  return {...style, mapStyle: withoutLayout(applyPalette(style, palette, shown))};
}

/** Toggles and the layers each shows. @param {any[]} layers */
function toggles(layers) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const layer of layers) {
    const name = layer.metadata['poster:toggle'];
    if (name) found.set(name, [...(found.get(name) ?? []), layer.id]);
  }
  return [...found].map(([id, layerIds]) => ({id, layerIds}));
}

/** @param {any} mapStyle */
function withoutLayout(mapStyle) {
  for (const layer of mapStyle.layers) {
    delete layer.layout.visibility;
    if (!Object.keys(layer.layout).length) delete layer.layout;
  }
  return mapStyle;
}
