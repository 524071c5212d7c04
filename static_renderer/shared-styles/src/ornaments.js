/** Layers that give a style its own line: shores, edges, casings, double lines, glow. */

import {ROADS} from './road-classes.js';
import {SOURCE, colours, line, toggle, weighted} from './parts.js';

/**
 * @typedef {object} Stroke how a line is drawn
 * @property {string} role its colour
 * @property {number} width CSS pixels
 * @property {number} [opacity]
 * @property {number} [offset] CSS pixels inwards from an area's edge
 * @property {number} [blur] CSS pixels
 * @property {number[]} [dash] in line widths
 */
/** @typedef {'service' | 'residential' | 'tertiary' | 'secondary' | 'primary' | 'trunk' | 'motorway'} RoadClass */

/** @type {RoadClass[]} */
export const MAIN = ['secondary', 'primary', 'trunk', 'motorway'];
/** @type {RoadClass[]} */
export const ALL = ['service', 'residential', 'tertiary', ...MAIN];

/**
 * A line along the shores; several with growing *offset* are the ripples of an engraved chart.
 * @param {string} name
 * @param {Stroke} stroke
 */
export function shore(name, stroke) {
  return line(`water-${name}`, 'water', ['!=', ['get', 'brunnel'], 'tunnel'], {0: stroke.width}, {
    layout: {'line-join': 'round'},
    paint: painted(stroke),
    metadata: {...colours({'line-color': stroke.role}), ...toggle('water')},
  });
}

/** A wide blurred line along waterways, as wet paper would take it. @param {Stroke} stroke */
export function riverbank(stroke) {
  return line('waterway-bank', 'waterway', null, {10: stroke.width / 3, 14: stroke.width}, {
    layout: {'line-cap': 'round', 'line-join': 'round'},
    paint: painted(stroke),
    metadata: {...colours({'line-color': stroke.role}), ...toggle('water')},
  });
}

/** Lines around parks, woods and lawns. @param {Stroke} stroke */
export function greenEdges(stroke) {
  const layout = {'line-join': 'round'};
  const cover = (/** @type {string} */ name, /** @type {string} */ shownBy) =>
    line(`landcover-${name}-edge`, 'landcover', ['==', ['get', 'class'], name], {0: stroke.width}, {
      layout,
      paint: painted(stroke),
      metadata: {...colours({'line-color': stroke.role}), ...toggle(shownBy)},
    });
  return [
    line('park-edge', 'park', null, {0: stroke.width}, {
      layout,
      paint: painted(stroke),
      metadata: {...colours({'line-color': stroke.role}), ...toggle('parks')},
    }),
    cover('wood', 'landcoverWood'),
    cover('grass', 'landcoverGrass'),
  ];
}

/** Lines around buildings. @param {Stroke} stroke */
export function buildingEdges(stroke) {
  return line('buildings-edge', 'building', null, {13: stroke.width / 2, 15: stroke.width}, {
    minzoom: 13,
    paint: painted(stroke),
    metadata: {...colours({'line-color': stroke.role}), ...toggle('buildings')},
  });
}

/**
 * Fills the built-up land under everything, a colour for each kind of use.
 * @param {Record<string, {role: string, classes: string[], opacity: number}>} uses
 */
export function quarters(uses) {
  return Object.entries(uses).map(([name, {role, classes, opacity}]) => ({
    id: `ground-${name}`, type: 'fill', source: SOURCE, 'source-layer': 'landuse',
    filter: ['match', ['get', 'class'], classes, true, false],
    paint: {'fill-opacity': opacity},
    metadata: colours({'fill-color': role}),
  }));
}

/**
 * A wider line under each road, on either side of it by *width*.
 * @param {RoadClass[]} classes
 * @param {Stroke} stroke
 * @param {{roadWidth?: number, cap?: 'butt' | 'round' | 'square', name?: string}} [options]
 */
export function casings(classes, stroke, {roadWidth = 1, cap = 'round', name = 'casing'} = {}) {
  return roadLines(name, classes, stroke, cap, (width) => roadWidth * width + 2 * stroke.width * Math.min(1, width));
}

/**
 * A narrower line on each road, which makes it a double one.
 * @param {RoadClass[]} classes
 * @param {Omit<Stroke, 'width'> & {share: number}} stroke *share* of the road's width
 * @param {{roadWidth?: number, cap?: 'butt' | 'round' | 'square', name?: string}} [options]
 */
export function cores(classes, {share, ...stroke}, {roadWidth = 1, cap = 'round', name = 'core'} = {}) {
  return roadLines(name, classes, {...stroke, width: 1}, cap, (width) => share * roadWidth * width);
}

/**
 * Light around the main roads.
 * @param {{blur: number, opacity: number, factor?: number, name?: string}} glow
 */
export function roadGlow({blur, opacity, factor = 1, name = 'glow'}) {
  const widths = {10: 6.25, 11: 7.5, 12: 8.75, 13: 10, 14: 11.25};
  const wide = Object.fromEntries(Object.entries(widths).map(([zoom, width]) => [zoom, factor * width]));
  return line(`road-${name}`, 'transportation',
    ['match', ['get', 'class'], ['motorway', 'trunk', 'primary'], true, false], wide, {
      layout: {'line-cap': 'round', 'line-join': 'round'},
      paint: {'line-blur': blur, 'line-opacity': opacity},
      metadata: {...colours({'line-color': 'roads.motorway'}), ...toggle('streets'), ...weighted()},
    });
}

/**
 * @param {string} name
 * @param {RoadClass[]} chosen
 * @param {Stroke} stroke
 * @param {string} cap
 * @param {(width: number) => number} widthOf from the road's own
 */
function roadLines(name, chosen, stroke, cap, widthOf) {
  return ROADS.filter(([road]) => chosen.includes(/** @type {RoadClass} */ (road))).map(([road, classes, widths, minzoom]) => {
    const own = Object.entries(widths).map(([zoom, width]) => [zoom, Math.round(1000 * widthOf(width)) / 1000]);
    return line(`road-${road}-${name}`, 'transportation',
      ['match', ['get', 'class'], classes, true, false], Object.fromEntries(own), {
        ...(minzoom ? {minzoom} : {}),
        layout: {'line-cap': cap, 'line-join': cap === 'round' ? 'round' : 'miter'},
        paint: painted(stroke),
        metadata: {...colours({'line-color': stroke.role}), ...toggle('streets'), ...weighted()},
      });
  });
}

/** @param {Stroke} stroke @returns {Record<string, unknown>} */
function painted({opacity, offset, blur, dash}) {
  return {
    ...(opacity === undefined ? {} : {'line-opacity': opacity}),
    ...(offset ? {'line-offset': offset} : {}),
    ...(blur ? {'line-blur': blur} : {}),
    ...(dash ? {'line-dasharray': dash} : {}),
  };
}
