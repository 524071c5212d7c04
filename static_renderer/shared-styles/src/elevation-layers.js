/**
 * What maps draw from elevation: hillshading, depths and contour lines, in the form of `layers.js`.
 *
 * Lines are vector tiles made from elevation tiles by whoever shows the map (maplibre-contour):
 * source layer `contours`, height in metres as `ele`, apart as `contourInterval` says.
 */

import {withAlpha} from './colour.js';
import {exaggeration} from './light.js';
import {byZoom, colours, toggle} from './parts.js';

/** @typedef {import('../index.js').LayerSettings} LayerSettings */
/** @typedef {[from: number, value: number][]} Steps */

const HEIGHT = ['get', 'ele'];
const ON_LAND = ['>', HEIGHT, 0];
const ROUND = {'line-cap': 'round', 'line-join': 'round'};
/** How opaque the depths are, by metres below the sea; clear in the shallows, where heights are vague. @type {Steps} */
const SHADE = [[2, 0], [10, 0.06], [50, 0.15], [200, 0.28], [1000, 0.42], [5000, 0.55]];
/** On dark paper as much would be a hole. */
const SHADE_ON_DARK = 0.6;
/** Metres where a chart's next shade begins, and how much darker each is. */
const CHARTED = [10, 50, 200, 1000, 3000, 5000];
const CHARTED_SHADE = 0.09;

/** Metres between lines at least: closer ones would run together on a map of this zoom. @type {Steps} */
const CLOSEST = [[9, 200], [11, 100], [12, 50]];
/** From this zoom on lines are as close as asked for. */
const AS_ASKED = 13;

/**
 * Metres between contour lines on tiles of *zoom*.
 * @param {number} zoom
 * @param {number} density metres asked for
 * @param {boolean} indexed for a style with index contours, which stand at round hundreds on far maps
 */
export function contourInterval(zoom, density, indexed = false) {
  if (zoom >= AS_ASKED) return density;
  const least = at(CLOSEST, zoom);
  return indexed ? least : Math.ceil(least / density) * density;
}

export function hillshade() {
  return {
    id: 'hillshade', type: 'hillshade', source: 'terrain',
    paint: {'hillshade-illumination-anchor': 'map'},
    metadata: {
      ...colours({
        'hillshade-shadow-color': 'hillshade.shadow',
        'hillshade-accent-color': 'hillshade.accent',
        'hillshade-highlight-color': 'hillshade.highlight',
      }),
      ...toggle('terrain'),
    },
  };
}

/**
 * A tint of the elevation itself, darker with depth. Wide blurred contour lines, as this was once
 * meant, are cut off at every tile's edge.
 * @param {{charted?: boolean}} traits in steps, as on a chart
 */
export function bathymetry({charted = false}) {
  return {
    id: charted ? 'bathymetry-volumetric' : 'bathymetry-detail', type: 'color-relief', source: 'terrain',
    paint: {},
    metadata: {...colours({'color-relief-color': charted ? 'abyss' : 'depth'}), ...toggle('terrainUnderWater')},
  };
}

/** One kind of line at every multiple of the density. */
export function contours() {
  return [contour('contours', {9: 0.8, 11: 1, 13: 1.3, 15: 1.6}, {9: 0.6, 11: 0.7, 13: 0.8}, 'contour')];
}

/** Fine lines, and heavier ones with their height. @param {string[]} font */
export function indexedContours(font) {
  return [
    contour('contours-regular', {9: 0.8, 10: 0.9, 11: 1, 12: 1.2, 13: 1.5, 14: 1.8, 15: 2}, {9: 0.65, 11: 0.75, 13: 0.85}, 'contour'),
    contour('contours-index', {9: 0.5, 10: 0.8, 11: 1, 12: 1.4, 13: 1.8, 14: 2.2, 15: 2.6}, {9: 0.5, 11: 0.65, 13: 0.8}, 'contourIndex'),
    {
      id: 'contours-labels', type: 'symbol', source: 'contours', 'source-layer': 'contours', filter: ON_LAND,
      layout: {
        'text-field': ['concat', ['to-string', HEIGHT], 'm'], 'text-font': font, 'text-size': byZoom({9: 7, 15: 11}),
        'symbol-placement': 'line', 'text-max-angle': 30, 'text-padding': 10,
      },
      paint: {'text-halo-width': 1.5},
      metadata: {...colours({'text-color': 'contourIndex', 'text-halo-color': 'background'}), ...toggle('contours')},
    },
  ];
}

/**
 * Fits a layer of this file to the settings; *layer* is changed in place, any other is left alone.
 * @param {any} layer
 * @param {LayerSettings} settings
 * @param {boolean} dark whether the paper is
 */
export function settle(layer, settings, dark) {
  if (layer.type === 'hillshade') lightLand(layer.paint, settings);
  if (layer.type === 'background' && settings.volumetricTerrain && settings.terrainColor) {
    layer.paint['background-color'] = settings.terrainColor;
  }
  if (layer.type === 'color-relief') {
    const charted = layer.id === 'bathymetry-volumetric';
    layer.paint['color-relief-color'] = deepened(layer.paint['color-relief-color'], charted ? chart() : SHADE, dark);
  }
  if (layer.source === 'contours') layer.filter = ['all', ON_LAND, chosen(layer.id, settings.contourDensity ?? 50)];
}

/** @param {any} paint @param {LayerSettings} settings */
function lightLand(paint, settings) {
  const {terrainLightAzimuth: azimuth, terrainShadowColor: shadow, terrainHighlightColor: highlight} = settings;
  paint['hillshade-exaggeration'] = exaggeration(settings);
  paint['hillshade-illumination-direction'] = (azimuth ?? 315) % 360;
  if (shadow) Object.assign(paint, {'hillshade-shadow-color': shadow, 'hillshade-accent-color': shadow});
  if (highlight) paint['hillshade-highlight-color'] = highlight;
}

/** @param {string} colour @param {Steps} shade @param {boolean} dark */
function deepened(colour, shade, dark) {
  const tint = (/** @type {number} */ opacity) => withAlpha(colour, opacity * (dark ? SHADE_ON_DARK : 1));
  return ['interpolate', ['linear'], ['elevation'],
    ...[...shade].reverse().flatMap(([metres, opacity]) => [-metres, tint(opacity)])];
}

/** @returns {Steps} soft steps, or each would show the grain of the elevation */
function chart() {
  return CHARTED.flatMap((metres, n) => /** @type {Steps} */ ([
    [0.8 * metres, n * CHARTED_SHADE], [metres, (n + 1) * CHARTED_SHADE],
  ]));
}

/** @param {string} id @param {Record<number, number>} widths @param {Record<number, number>} opacities @param {string} role */
function contour(id, widths, opacities, role) {
  return {
    id, type: 'line', source: 'contours', 'source-layer': 'contours', filter: ON_LAND,
    layout: ROUND,
    paint: {'line-width': byZoom(widths), 'line-opacity': byZoom(opacities)},
    metadata: {...colours({'line-color': role}), ...toggle('contours')},
  };
}

/** Which heights the layer *id* shows. @param {string} id @param {number} density */
function chosen(id, density) {
  if (id === 'contours') return every(density);
  const index = ['step', ['zoom'], every(1000), 11, every(500), AS_ASKED, every(5 * density)];
  if (id !== 'contours-regular') return index;
  return ['step', ['zoom'],
    ['all', every(200), ['!', every(1000)]], 11, ['!', every(500)],
    AS_ASKED, ['all', every(density), ['!', every(5 * density)]]];
}

/** @param {number} metres */
function every(metres) {
  return ['==', ['%', HEIGHT, metres], 0];
}

/** @param {Steps} steps @param {number} zoom */
function at(steps, zoom) {
  return steps.reduce((metres, [from, next]) => (zoom >= from ? next : metres), steps[0][1]);
}
