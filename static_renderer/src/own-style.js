/**
 * Which map is drawn, and in which colours: a style of ours by its id, or the caller's own. One's own
 * map is drawn as it is given; its URLs have become the gateway's before it came here.
 */

import {applyPalette, getStyleById, isDark, isOn, lightOf, mix, withAlpha} from '../shared-styles/index.js';

import {Failure} from './failure.js';
import {inAnyScript} from './label-scripts.js';
import {withDefaults} from './unsaid.js';

/** @typedef {import('../shared-styles/index.js').Palette} Palette */
/** @typedef {import('../shared-styles/index.js').Style} Style */
/** @typedef {import('./types.js').OwnMap} OwnMap */
/** @typedef {import('maplibre-gl').StyleSpecification} MapStyle */

const LIGHT_INK = '#f4f4f2';
const DARK_INK = '#14171a';
const PAPER = '#ffffff';

/**
 * @param {import('./types.js').Order} order
 * @param {import('./gateway.js').Gateway} gateway
 * @returns {{style: Style, palette: Palette, mapStyle: MapStyle}} *style*: ours, or the one that fonts are taken from
 * @throws {Failure}
 */
export function styleOf({config, mapStyle: own}, gateway) {
  const style = getStyleById(config.style);
  if (!style) throw new Failure('style_error', `there is no style ${config.style}`);
  const chosen = typeof config.palette === 'object' ? config.palette : known(style, config.palette);
  const settings = withDefaults(config.layers);
  const coloured = applyPalette(style, chosen, settings);
  if (!own) {
    Object.assign(coloured.sources.openmaptiles, {url: gateway.tilejsonUrl});
    return {style, palette: chosen, mapStyle: inAnyScript(coloured)};
  }
  const light = lightOf(own.style.light, chosen);
  const mapStyle = {...own.style, ...(light ? {light} : {}), layers: layersOf(own, style, coloured, settings)};
  return {
    style: own.finished ? style : {...style, finish: undefined},
    palette: config.palette ? chosen : derivedPalette(groundOf(mapStyle)),
    // A host of glyphs has its own faces; without one the labels are drawn with ours.
    mapStyle: mapStyle.glyphs ? mapStyle : inAnyScript(mapStyle),
  };
}

/** @param {Style} style @param {string} wanted */
function known(style, wanted) {
  const id = wanted || style.defaultPalette;
  const palette = style.palettes.find((each) => each.id === id);
  if (!palette) throw new Failure('style_error', `style ${style.id} has no palette ${id}`);
  return palette;
}

/**
 * The layers of one's own map. One that is a layer of ours, unchanged, is drawn as ours would be:
 * in the palette, with the road weight and the label size asked for. Others are only shown or hidden.
 * @param {OwnMap} own
 * @param {Style} style
 * @param {MapStyle} coloured the map of *style* as it would be drawn
 * @param {import('../shared-styles/index.js').LayerSettings} settings
 */
export function layersOf(own, style, coloured, settings) {
  const ours = new Map(style.mapStyle.layers.map((layer, n) => [JSON.stringify(layer), coloured.layers[n]]));
  const hidden = new Set(own.toggles.filter(({id}) => !isOn(id, settings)).flatMap(({layerIds}) => layerIds));
  return own.style.layers.map((layer) => {
    const drawn = ours.get(JSON.stringify(layer));
    if (drawn || !hidden.has(layer.id)) return drawn ?? layer;
    return /** @type {typeof layer} */ ({...layer, layout: {...layer.layout, visibility: 'none'}});
  });
}

/** What lies below all of a map. @param {MapStyle} mapStyle @returns {string} */
function groundOf({layers}) {
  const ground = layers.find(({type}) => type === 'background');
  const colour = /** @type {any} */ (ground?.paint)?.['background-color'];
  if (typeof colour !== 'string') return PAPER;
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext('2d'));
  // A canvas reads every form of colour and tells it in two that can be reckoned with.
  ink.fillStyle = PAPER;
  ink.fillStyle = colour;
  return withAlpha(ink.fillStyle, 1);
}

/**
 * Colours for what stands around a map that came without a palette.
 * @param {string} background
 * @returns {Palette}
 */
export function derivedPalette(background) {
  const text = isDark(background) ? LIGHT_INK : DARK_INK;
  const pale = (/** @type {number} */ share) => mix(text, background, share);
  return {
    id: '', name: '', style: '', background, text, border: pale(0.3),
    roads: {
      motorway: text, trunk: pale(0.1), primary: pale(0.2), secondary: pale(0.3), tertiary: pale(0.4),
      residential: pale(0.5), service: pale(0.6),
    },
    water: pale(0.85), waterLine: pale(0.75), greenSpace: pale(0.9), buildings: pale(0.5), landuse: pale(0.95),
  };
}
