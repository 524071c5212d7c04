/** The words of a poster: what they say, how large they are, and where they stand. */

import {lineOf, piecesOf} from './line-breaks.js';
import {capitals, directionOf, isJoined} from './scripts.js';

/** Share of its size that a text may lose before it is broken into one more line. */
const SHRINK = {title: 0.7, subtitle: 0.8, coordinates: 0.3};
const MOST_LINES = {title: 3, subtitle: 2, coordinates: 1};
const LEADING = 1.15;
/** More space below a script that reaches far below its line, in its size: Burmese does most. */
const DEEP = 0.25;

/** @typedef {'title' | 'subtitle' | 'coordinates'} Role */
/**
 * @typedef {object} Element one text, before it has a place
 * @property {Role} role
 * @property {string} text
 * @property {string} family CSS font-family
 * @property {number} weight
 * @property {number} size pixels
 * @property {number} tracking em, added behind every character
 * @property {'ltr' | 'rtl'} direction
 * @property {boolean} deep it reaches farther below its line than capitals do
 * @property {number} opacity
 */
/**
 * @typedef {Element & {lines: string[], y: number[], width: number}} Placed
 *   *y* are the lines' middles, *width* the widest line's as it is seen
 */
/** @typedef {(text: string, element: Element, size: number) => number} Measure */

/**
 * The elements that are shown, from top to bottom.
 * @param {import('./types.js').PosterConfig} config
 * @param {number} unit one percent of the poster's width
 * @param {Record<Role, {family: string, weight: number}>} faces
 * @returns {Element[]}
 */
export function elementsOf({location, typography}, unit, faces) {
  const size = {title: typography.titleSize * unit, subtitle: typography.subtitleSize * unit};
  /** @type {[boolean, Omit<Element, 'direction' | 'deep'>][]} */
  const all = [
    [typography.showTitle, {
      role: 'title', text: titleOf(location.name, typography), ...faces.title, size: size.title,
      tracking: typography.titleLetterSpacing, opacity: 1,
    }],
    [typography.showSubtitle, {
      role: 'subtitle', text: subtitleOf(location.city), ...faces.subtitle, size: size.subtitle,
      tracking: typography.subtitleLetterSpacing, opacity: 0.9,
    }],
    [typography.showCoordinates, {
      role: 'coordinates', text: coordinatesOf(location.center), ...faces.coordinates,
      size: 0.65 * size.subtitle, tracking: 0.1, opacity: 0.6,
    }],
  ];
  return all.filter(([shown, {text}]) => shown && text.trim()).map(([, element]) => inItsScript(element));
}

/** @param {Omit<Element, 'direction' | 'deep'>} element @returns {Element} */
function inItsScript(element) {
  const {text, tracking} = element;
  const joined = isJoined(text);
  return {...element, tracking: joined ? 0 : tracking, direction: directionOf(text), deep: joined};
}

/** @param {string} name @param {{titleAllCaps: boolean}} typography */
export function titleOf(name, {titleAllCaps}) {
  return titleAllCaps ? capitals(name) : name;
}

/** @param {string} city */
export function subtitleOf(city) {
  return capitals(city);
}

/** @param {[number, number]} center [lng, lat] in degrees */
export function coordinatesOf([lng, lat]) {
  const side = (/** @type {number} */ x, /** @type {string} */ plus, /** @type {string} */ minus) =>
    `${Math.abs(x).toFixed(2)}° ${x < 0 ? minus : plus}`;
  return `${side(lat, 'N', 'S')}, ${side(lng, 'E', 'W')}`;
}

/**
 * Gives every element its lines, its final size and its place.
 * @param {Element[]} elements
 * @param {import('./types.js').Typography} typography
 * @param {import('./types.js').Frame} frame
 * @param {Measure} measure width of a text in pixels
 * @returns {Placed[]}
 */
export function place(elements, typography, frame, measure) {
  const widest = (frame.width * typography.maxWidth) / 100;
  const fitted = lowered(elements.map((element) => fit(element, widest, measure)), frame);
  const tops = topsOf(fitted, typography, frame);
  const last = fitted.length - 1;
  const bottom = last < 0 ? 0 : tops[last] + tallOf(fitted[last]);
  // Moved as far as asked, but not off the poster.
  const asked = (frame.height * typography.offsetY) / 100;
  const shift = Math.min(Math.max(asked, frame.unit - tops[0]), frame.height - frame.unit - bottom);
  return fitted.map((element, i) => ({
    ...element,
    y: element.lines.map((_, n) => tops[i] + shift + element.size * (0.5 + n * LEADING)),
  }));
}

/**
 * Makes texts that together are higher than the poster has room for so much smaller.
 * @template {{role: Role, size: number, lines: string[], width: number, deep: boolean}} T
 * @param {T[]} elements
 * @param {import('./types.js').Frame} frame
 * @returns {T[]}
 */
function lowered(elements, {height, margin, unit}) {
  const room = Math.max(height - 2 * margin - 8 * unit, 0.3 * height);
  const factor = room / totalOf(elements, unit);
  if (factor >= 1) return elements;
  return elements.map((element) => ({...element, size: element.size * factor, width: element.width * factor}));
}

/**
 * Shrinks a text that is wider than *widest*, then breaks it, then shrinks it further.
 * @param {Element} element
 * @param {number} widest
 * @param {Measure} measure
 */
function fit(element, widest, measure) {
  const most = MOST_LINES[element.role];
  for (let count = 1; ; count++) {
    const lines = broken(element.text, count, (text) => measure(text, element, element.size));
    // Tracking stands behind the last character, too, where nobody sees it.
    const width = Math.max(...lines.map((text) => measure(text, element, element.size)))
      - element.tracking * element.size;
    const factor = Math.min(1, widest / width);
    const last = count >= most || lines.length < count;
    if (factor >= SHRINK[element.role] || last) {
      return {...element, lines, size: element.size * factor, width: width * factor};
    }
  }
}

/**
 * Breaks *text* between words into at most *count* lines whose widest is as narrow as can be.
 * @param {string} text
 * @param {number} count
 * @param {(text: string) => number} widthOf
 * @returns {string[]}
 */
export function broken(text, count, widthOf) {
  const pieces = piecesOf(text);
  return count === 1 || pieces.length < 2 ? [text] : arranged(pieces, count, widthOf);
}

/**
 * @param {import('./line-breaks.js').Piece[]} pieces
 * @param {number} count
 * @param {(text: string) => number} widthOf
 * @returns {string[]}
 */
function arranged(pieces, count, widthOf) {
  let best = [lineOf(pieces)];
  if (count === 1) return best;
  let narrowest = Infinity;
  for (let at = 1; at < pieces.length; at++) {
    const lines = [lineOf(pieces.slice(0, at)), ...arranged(pieces.slice(at), count - 1, widthOf)];
    const width = Math.max(...lines.map(widthOf));
    if (width < narrowest) [best, narrowest] = [lines, width];
  }
  return best;
}

/**
 * The upper edges of the elements.
 * @param {{role: Role, size: number, lines: string[], deep: boolean}[]} elements
 * @param {import('./types.js').Typography} typography
 * @param {import('./types.js').Frame} frame
 */
function topsOf(elements, {position, titleSize}, {height, unit, margin}) {
  if (!elements.length) return [];
  const total = totalOf(elements, unit);
  // At the top a text keeps the gap above it when the one before it is hidden, as posters always had.
  const lead = {title: 0, subtitle: 0.125 * titleSize * unit, coordinates: 0.5 * unit}[elements[0].role];
  const start = {
    top: margin + 3 * unit + lead,
    center: (height - total) / 2,
    bottom: height - margin - 5 * unit - total,
  }[position];
  const tops = [start];
  for (let i = 1; i < elements.length; i++) {
    tops.push(tops[i - 1] + tallOf(elements[i - 1]) + gap(elements, i, unit));
  }
  return tops;
}

/** The height of a text's lines. @param {{size: number, lines: string[]}} element */
function tallOf({size, lines}) {
  return size * (1 + (lines.length - 1) * LEADING);
}

/**
 * The height of all texts with the gaps between them.
 * @param {{role: Role, size: number, lines: string[], deep: boolean}[]} elements
 * @param {number} unit
 */
function totalOf(elements, unit) {
  return elements.reduce((sum, element, i) => sum + tallOf(element) + (i ? gap(elements, i, unit) : 0), 0);
}

/**
 * The space above element *i*.
 * @param {{role: Role, size: number, deep: boolean}[]} elements
 * @param {number} i
 * @param {number} unit
 */
function gap(elements, i, unit) {
  const {size, deep} = elements[i - 1];
  return (elements[i].role === 'subtitle' ? 0.125 * size : 0.5 * unit) + (deep ? DEEP * size : 0);
}
