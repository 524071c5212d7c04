/** Fonts from the npm packages: declared when first asked for, loaded before they are drawn with. */

import catalogue from '../shared-styles/fonts.json' with {type: 'json'};

import {Failure} from './failure.js';
import {missingGlyphs} from './missing-glyphs.js';
import {fallbackFamilies} from './scripts.js';

/** Fonts whose companions in other scripts have serifs, too. */
const SERIF = new Set([
  'IM Fell English', 'Playfair Display', 'EB Garamond', 'Cormorant Garamond', 'Spectral', 'Merriweather', 'Lora',
  'Noto Serif', 'Crimson Pro', 'Fraunces',
]);
/** Draws emoji on the map, whose labels have one colour. */
export const LABEL_EMOJI = 'Noto Emoji';
/**
 * The faces map labels are drawn with. MapLibre knows a face by family and weight in one name.
 * @type {Record<string, {font: string, weight: number}>}
 */
export const LABEL_FACES = {
  'Inter Medium': {font: 'Inter', weight: 500},
  'Montserrat Medium': {font: 'Montserrat', weight: 500},
  'Public Sans Medium': {font: 'Public Sans', weight: 500},
  'JetBrains Mono Medium': {font: 'JetBrains Mono', weight: 500},
  'EB Garamond Medium': {font: 'EB Garamond', weight: 500},
  'Spectral Medium': {font: 'Spectral', weight: 500},
  'Nunito Medium': {font: 'Nunito', weight: 600},
  'Space Grotesk Medium': {font: 'Space Grotesk', weight: 500},
  'Lexend Regular': {font: 'Lexend', weight: 400},
  'Fraunces Medium': {font: 'Fraunces', weight: 500},
  'Outfit Medium': {font: 'Outfit', weight: 500},
};

/** @type {Map<string, Promise<FontFace[]>>} */
const declared = new Map();

/**
 * Makes *font* ready to draw *text* in *weight*, and returns how to name it and what came of it.
 * @param {string} font a name of the catalogue
 * @param {number} weight 100..900
 * @param {string} text
 * @returns {Promise<{family: string, font: string, weight: number, loaded: boolean, missing: string[]}>}
 *   *loaded* is false when the font has none of the text's characters, *missing* has those that no
 *   font here can draw
 */
export async function useFont(font, weight, text) {
  const entry = entryOf(font);
  const family = entry.drawnWith ?? font;
  const given = nearest(entry.weights, weight);
  await declare(entry.package, given, family);
  const load = (/** @type {string} */ letters) => document.fonts.load(`${given} 48px "${family}"`, letters);
  await load(text).catch((error) => {
    throw new Failure('font_unavailable', `${family} ${given}: ${error}`);
  });
  // A space alone makes no font the text's own.
  const own = await load(text.replace(/\s+/g, ''));
  const all = familyList(family, text, SERIF.has(font));
  return {family: all, font, weight: given, loaded: own.length > 0, missing: missingGlyphs(text, all, given)};
}

/**
 * A CSS font-family for *text*: *family*, and what draws the characters it does not have.
 * @param {string} family
 * @param {string} text
 * @param {boolean} [serif]
 */
export function familyList(family, text, serif = false) {
  const named = [family, 'Noto Sans', ...fallbackFamilies(text, serif)];
  return `${named.map((name) => `"${name}"`).join(', ')}, sans-serif`;
}

/**
 * Loads the faces that *mapStyle*'s shown labels are drawn with, and whole: MapLibre asks for a
 * face without saying for which letters.
 * @param {import('maplibre-gl').StyleSpecification} mapStyle
 */
export async function loadLabelFaces(mapStyle) {
  const named = labelFacesOf(mapStyle);
  await Promise.all([...named, ...(named.length ? [LABEL_EMOJI] : [])].map(async (name) => {
    const faces = await declareLabelFace(name);
    await Promise.all(faces.map((face) => face.load())).catch((error) => {
      throw new Failure('font_unavailable', `${name}: ${error}`);
    });
  }));
}

/** @param {string} name */
function declareLabelFace(name) {
  if (name === LABEL_EMOJI) return declare('@fontsource/noto-emoji', 400, name);
  const {font, weight} = LABEL_FACES[name];
  return declare(entryOf(font).package, weight, name);
}

/**
 * @param {import('maplibre-gl').StyleSpecification} mapStyle
 * @returns {string[]} names of LABEL_FACES; a face that we do not have is MapLibre's affair
 */
export function labelFacesOf({layers}) {
  const shown = layers.flatMap((layer) =>
    (layer.type === 'symbol' && layer.layout?.visibility !== 'none' ? layer.layout?.['text-font'] ?? [] : []));
  return [...new Set(/** @type {string[]} */ (shown))].filter((name) => name in LABEL_FACES);
}

/** @param {string} font @returns {{package: string, weights: number[], drawnWith?: string}} */
function entryOf(font) {
  const entry = /** @type {Record<string, any>} */ (catalogue)[font];
  if (!entry) throw new Failure('font_unavailable', `there is no font ${font}`);
  return entry;
}

/** @param {number[]} weights @param {number} wanted */
export function nearest(weights, wanted) {
  return weights.reduce((best, weight) =>
    (Math.abs(weight - wanted) < Math.abs(best - wanted) ? weight : best));
}

/** @param {string} pack @param {number} weight @param {string} family the name to declare it under */
function declare(pack, weight, family) {
  const key = `${family} ${weight}`;
  let faces = declared.get(key);
  if (!faces) {
    faces = read(`/vendor/${pack}/${weight}.css`, weight, family);
    faces.catch(() => declared.delete(key));
    declared.set(key, faces);
  }
  return faces;
}

/**
 * Declares the faces of a package's style sheet, one for each script.
 * @param {string} url
 * @param {number} weight
 * @param {string} family
 */
async function read(url, weight, family) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Failure('font_unavailable', `${url} was answered with ${answer.status}`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await answer.text());
  const rules = [...sheet.cssRules].filter((rule) => rule instanceof CSSFontFaceRule);
  return rules.map(({style}) => {
    const file = /url\("?([^")]+\.woff2)"?\)/.exec(style.getPropertyValue('src'))?.[1] ?? '';
    const face = new FontFace(family, `url(${new URL(file, new URL(url, location.origin))}) format("woff2")`, {
      weight: String(weight),
      unicodeRange: style.getPropertyValue('unicode-range') || 'U+0-10FFFF',
    });
    document.fonts.add(face);
    return face;
  });
}
