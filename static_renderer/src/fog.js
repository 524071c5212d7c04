/**
 * Fog over the far end of 3D terrain, as a picture that lies on the land. MapLibre's own fog begins
 * at a pitch of 60 degrees, where the pitch of posters ends.
 */

import * as maplibregl from '../vendor/maplibre-gl/dist/maplibre-gl.mjs';

import {parse} from '../shared-styles/index.js';

import {fogBank} from './fog-bank.js';

export const FOG = 'terrain-fog';
const PROTOCOL = 'fog';
/** What a picture lies under: all that is laid over 3D terrain. */
const DRAPED = ['background', 'fill', 'line', 'raster', 'hillshade', 'color-relief', 'heatmap'];

/**
 * Lays fog over *style*, until the returned function is called.
 * @param {import('maplibre-gl').StyleSpecification} style
 * @param {import('./types.js').Layers} settings
 * @param {import('./types.js').Camera} camera
 * @param {{width: number, height: number}} css size of the map
 * @returns {{style: import('maplibre-gl').StyleSpecification, lift: () => void}}
 */
export function inFog(style, {terrainFog, terrainFogColor, terrainFogRange}, camera, css) {
  const bank = terrainFog ? fogBank(camera, css, terrainFogRange) : null;
  if (!bank) return {style, lift: () => {}};
  maplibregl.addProtocol(PROTOCOL, async () => ({data: await picture(bank.rows, terrainFogColor)}));
  /** @type {import('maplibre-gl').RasterLayerSpecification} */
  const layer = {id: FOG, type: 'raster', source: FOG, paint: {'raster-fade-duration': 0}};
  const top = style.layers.reduce((at, {type, layout}, n) =>
    (DRAPED.includes(type) && layout?.visibility !== 'none' ? n : at), -1);
  // Another picture is another URL.
  const url = `${PROTOCOL}://${[...terrainFogRange, encodeURIComponent(terrainFogColor)].join('/')}`;
  return {
    style: {
      ...style,
      sources: {...style.sources, [FOG]: {type: 'image', url, coordinates: bank.corners}},
      layers: [...style.layers.slice(0, top + 1), layer, ...style.layers.slice(top + 1)],
    },
    lift: () => maplibregl.removeProtocol(PROTOCOL),
  };
}

/** @param {number[]} rows @param {string} colour */
function picture(rows, colour) {
  const {r, g, b, a} = parse(colour);
  const pixels = new ImageData(1, rows.length);
  rows.forEach((share, n) => pixels.data.set([r, g, b, 255 * a * share], 4 * n));
  return createImageBitmap(pixels);
}
