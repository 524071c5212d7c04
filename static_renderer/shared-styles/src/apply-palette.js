/** A style, a palette and the layer settings -> the MapLibre style to draw. */

import {isDark} from './colour.js';
import {settle} from './elevation-layers.js';
import {buildingPaint, lightOf} from './light.js';
import {rolesOf} from './roles.js';

/** @typedef {import('../index.js').Style} Style */
/** @typedef {import('../index.js').Palette} Palette */
/** @typedef {import('../index.js').LayerSettings} LayerSettings */
/** @typedef {import('maplibre-gl').LayerSpecification} Layer */
/** @typedef {import('maplibre-gl').StyleSpecification} MapStyle */

/** How much roads step back where place names are shown. */
const FADE = {opacity: 0.7, width: 0.8};

/**
 * Returns a copy of the style's map coloured by *palette*, its layers shown, widened and sized as
 * *layers* says. A toggle that is absent hides its layers, but for bathymetry.
 * @param {Style} style
 * @param {Palette} palette
 * @param {LayerSettings} layers
 * @returns {MapStyle}
 */
export function applyPalette(style, palette, layers) {
  const roles = rolesOf(palette);
  const drawn = style.mapStyle.layers.map((layer) => applied(structuredClone(layer), roles, palette, layers));
  drawn.forEach((layer) => settle(layer, layers, isDark(palette.background)));
  const light = lightOf(style.mapStyle.light, palette);
  return {...structuredClone(style.mapStyle), ...(light ? {light} : {}), layers: drawn};
}

/** @param {string} name @param {LayerSettings} layers */
export function isOn(name, layers) {
  const given = /** @type {Record<string, unknown>} */ (layers)[name];
  return name === 'terrainUnderWater' ? given !== false : Boolean(given);
}

/**
 * @param {Layer} layer changed in place
 * @param {Record<string, string>} roles
 * @param {Palette} palette
 * @param {LayerSettings} layers
 */
function applied(layer, roles, palette, layers) {
  const about = /** @type {Record<string, any>} */ (layer.metadata ?? {});
  const paint = (layer.paint ??= {});
  const layout = (layer.layout ??= {});
  for (const [property, role] of Object.entries(about['poster:colours'] ?? {})) {
    Object.assign(paint, {[property]: roles[role]});
  }
  const name = about['poster:toggle'];
  if (name) layout.visibility = isOn(name, layers) ? 'visible' : 'none';
  if (about['poster:weighted']) weigh(paint, layers);
  if (layer.type === 'symbol') size(layout, about['poster:sized'], layers);
  if (layer.type === 'fill-extrusion') raise(paint, palette, layers);
  return layer;
}

/** @param {Record<string, any>} paint @param {LayerSettings} layers */
function weigh(paint, layers) {
  const faded = layers.labels ? FADE : {opacity: 1, width: 1};
  paint['line-width'] = scaled(paint['line-width'], (layers.roadWeight ?? 1) * faded.width);
  paint['line-opacity'] = (paint['line-opacity'] ?? 1) * faded.opacity;
}

/** @param {Record<string, any>} layout @param {string | undefined} own @param {LayerSettings} layers */
function size(layout, own, layers) {
  const specific = own ? /** @type {Record<string, any>} */ (layers)[own] : 1;
  // A specific size wins only when it says something; 1 is "unset" in saved configs.
  const factor = specific && specific !== 1 ? specific : (layers.labelSize ?? 1);
  layout['text-size'] = scaled(layout['text-size'], factor);
  layout['text-max-width'] = layers.labelMaxWidth ?? 10;
}

/** @param {Record<string, any>} paint @param {Palette} palette @param {LayerSettings} layers */
function raise(paint, palette, layers) {
  const scale = layers.buildings3DHeightScale ?? 1;
  const height = ['to-number', ['get', 'render_height'], layers.buildings3DDefaultHeight ?? 6];
  const base = ['to-number', ['get', 'render_min_height'], 0];
  Object.assign(paint, buildingPaint(palette, height));
  paint['fill-extrusion-height'] = grown(['*', scale, height]);
  // A part that stands upon another has to grow with it, or it would be inside out.
  paint['fill-extrusion-base'] = grown(['*', scale, base]);
}

/** From flat to full height where buildings begin. @param {unknown[]} metres */
function grown(metres) {
  return ['interpolate', ['linear'], ['zoom'], 13, 0, 13.5, metres];
}

/**
 * Multiplies a number, or the outputs of an interpolation over zoom: MapLibre wants `zoom` at the
 * top of an expression, so the product cannot stand around it.
 * @param {any} value
 * @param {number} factor
 */
function scaled(value, factor) {
  if (factor === 1) return value;
  if (!Array.isArray(value)) return value * factor;
  return value.map((item, index) => (index > 3 && index % 2 === 0 ? item * factor : item));
}
