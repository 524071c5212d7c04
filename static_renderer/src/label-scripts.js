/**
 * Map labels in any script. MapLibre orders and shapes them itself and draws them with the browser's
 * fonts; left to us is which fonts, and that nothing that joins is spaced.
 */

import {LABEL_EMOJI} from './fonts.js';
import {missingGlyphs} from './missing-glyphs.js';
import {allFamilies} from './scripts.js';

/**
 * Scripts that stack or are reordered, from India to Myanmar, and Khmer with Mongolian. MapLibre
 * itself sees to Arabic.
 */
const JOINED = [['\u0900', '\u10a0'], ['\u1780', '\u18b0']];

/**
 * @param {import('maplibre-gl').StyleSpecification} mapStyle
 * @returns {import('maplibre-gl').StyleSpecification} the same with labels that can be in any script
 */
export function inAnyScript(mapStyle) {
  const layers = mapStyle.layers.map((layer) =>
    (layer.type === 'symbol' && layer.layout ? {...layer, layout: {...layer.layout, ...adapted(layer.layout)}} : layer));
  return {...mapStyle, layers: /** @type {typeof mapStyle.layers} */ (layers)};
}

/** The characters of labels' *text* that no font here can draw. @param {string} text @returns {string[]} */
export function missingFromLabels(text) {
  const families = ['Inter Medium', ...allFamilies()].map((name) => `"${name}"`).join(', ');
  return missingGlyphs(text, `${families}, sans-serif, "${LABEL_EMOJI}"`, 400);
}

/** @param {any} layout */
function adapted({'text-font': fonts, 'text-field': text, 'text-letter-spacing': spacing}) {
  return {
    ...(isList(fonts) ? {'text-font': [...fonts, ...allFamilies(), 'sans-serif', LABEL_EMOJI]} : {}),
    ...(spacing > 0 && mayBeRead(text) ? {'text-letter-spacing': ['case', isJoined(text), 0, spacing]} : {}),
  };
}

/** Names, not an expression that makes some. @param {unknown} fonts @returns {fonts is string[]} */
function isList(fonts) {
  return Array.isArray(fonts) && fonts.every((name) => typeof name === 'string') && fonts[0] !== 'get';
}

/** An expression that may stand within another: one of the zoom may not. @param {unknown} text */
function mayBeRead(text) {
  return Array.isArray(text) && !JSON.stringify(text).includes('["zoom"]');
}

/** By its first character, which is all an expression can compare. @param {unknown} text */
function isJoined(text) {
  const read = ['to-string', text];
  return ['any', ...JOINED.map(([from, to]) => ['all', ['>=', read, from], ['<', read, to]])];
}
