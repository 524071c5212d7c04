/** Labels of markers and paths: broken into lines, in one of four looks, kept on the map. */

import {contrast, legible, mix, withAlpha} from '../shared-styles/index.js';

import {piecesOf} from './line-breaks.js';
import {directionOf, isJoined} from './scripts.js';

/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/** @typedef {import('./types.js').LabelStyle} LabelStyle */
/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {import('../shared-styles/index.js').Palette} Palette */
/** @typedef {{left: number, top: number, width: number, height: number}} Area */
/**
 * @typedef {object} Label
 * @property {string} text
 * @property {string} family CSS font-family
 * @property {number} weight
 * @property {number} size pixels
 * @property {LabelStyle} style
 * @property {string | null} colour null: the palette's
 */

const LEADING = 1.25;
/** Longer lines are broken: about forty characters. In sizes of the text. */
const WIDEST = 20;
/** The least contrast of the palette's text and what lies around it; and of a colour of one's own. */
const CONTRAST = 4.5;
const OWN_CONTRAST = 3;
/**
 * What is left free around the lines, in sizes of the text.
 * @type {Record<LabelStyle, {x: number, y: number, tracking: number}>}
 */
const ROOM = {
  standard: {x: 0, y: 0, tracking: 0},
  elevated: {x: 0.6, y: 0.4, tracking: 0},
  glass: {x: 0.8, y: 0.4, tracking: 0.02},
  vintage: {x: 0.95, y: 0.5, tracking: 0.05},
};
/** The colour of old paper, towards which a vintage label's ground goes. */
const SEPIA = '#c9a66b';

/**
 * Draws *label* with the middle of its first line at the first of *places* where all of it is on
 * the map, moved sideways if need be.
 * @param {Ink} ink
 * @param {Label} label
 * @param {(taken: {lines: number, room: number}) => {x: number, y: number}[]} places best first, for a label
 *   that takes *lines* pixels from its first line's middle to its last one's, and *room* around them
 * @param {Frame} frame
 * @param {Palette} palette
 */
export function drawLabel(ink, label, places, frame, palette) {
  const {style, size} = label;
  const {x: roomX, y: roomY} = ROOM[style];
  const tracking = isJoined(label.text) ? 0 : ROOM[style].tracking;
  ink.save();
  ink.font = `${label.weight} ${size}px ${label.family}`;
  ink.letterSpacing = `${tracking * size}px`;
  ink.direction = directionOf(label.text);
  const widthOf = (/** @type {string} */ text) => ink.measureText(text).width;
  const lines = linesOf(label.text, Math.min(WIDEST * size, 0.9 * frame.map.width - 2 * roomX * size), widthOf);
  const width = Math.max(...lines.map(widthOf)) + 2 * roomX * size;
  const height = (1 + (lines.length - 1) * LEADING + 2 * roomY) * size;
  const taken = {lines: (lines.length - 1) * LEADING * size, room: roomY * size};
  const areas = places(taken).map(({x, y}) =>
    ({left: x - width / 2, top: y - (0.5 + roomY) * size, width, height}));
  const area = fitting(areas, frame);
  const colours = coloursOf(ink, label, palette);
  GROUNDS[style](ink, area, size, frame.scale, colours);
  // Space behind the rightmost character, too, moves what is seen of a centred text to the left.
  const shift = (tracking * size) / 2;
  drawLines(ink, lines, {x: area.left + width / 2 + shift, y: area.top + (0.5 + roomY) * size}, label, colours);
  ink.restore();
}

/**
 * @param {Ink} ink
 * @param {string[]} lines
 * @param {{x: number, y: number}} first
 * @param {Label} label
 * @param {Colours} colours
 */
function drawLines(ink, lines, {x, y}, {style, size}, colours) {
  ink.textAlign = 'center';
  ink.textBaseline = 'middle';
  ink.lineJoin = 'round';
  ink.lineWidth = 0.3 * size;
  ink.strokeStyle = withAlpha(colours.around, 0.8);
  ink.fillStyle = colours.text;
  lines.forEach((line, n) => {
    const at = /** @type {[number, number]} */ ([x, y + n * LEADING * size]);
    if (style === 'standard') ink.strokeText(line, ...at);
    ink.fillText(line, ...at);
  });
}

/** @typedef {{text: string, around: string, paper: string}} Colours */

/**
 * A colour that was asked for is kept; what lies around it is chosen to show it.
 * @param {Ink} ink
 * @param {Label} label
 * @param {Palette} palette
 * @returns {Colours}
 */
function coloursOf(ink, {style, colour}, {background, text}) {
  const paper = style === 'vintage' ? mix(background, SEPIA, 0.3) : background;
  const own = colour === null ? legible(text, paper, CONTRAST) : plain(ink, colour);
  if (contrast(own, paper) >= OWN_CONTRAST) return {text: own, around: paper, paper};
  return {text: own, around: contrast(own, '#ffffff') > contrast(own, '#000000') ? '#ffffff' : '#000000', paper};
}

/** Any CSS colour as a canvas says it back: `#rrggbb` or `rgba()`. @param {Ink} ink @param {string} colour */
function plain(ink, colour) {
  ink.save();
  ink.fillStyle = colour;
  const said = String(ink.fillStyle);
  ink.restore();
  return said;
}

/** @typedef {(ink: Ink, area: Area, size: number, scale: number, colours: Colours) => void} Ground */

/** What lies under the lines. @type {Record<LabelStyle, Ground>} */
const GROUNDS = {
  standard() {},
  elevated(ink, {left, top, width, height}, size, scale, {around}) {
    ink.save();
    ink.shadowColor = 'rgba(0, 0, 0, 0.35)';
    ink.shadowBlur = 0.7 * size;
    ink.shadowOffsetY = 0.25 * size;
    ink.fillStyle = around;
    ink.beginPath();
    ink.roundRect(left, top, width, height, 0.35 * size);
    ink.fill();
    ink.restore();
  },
  glass(ink, {left, top, width, height}, size, scale, {around}) {
    const radius = Math.min(height / 2, 0.9 * size);
    const sheen = ink.createLinearGradient(0, top, 0, top + height);
    sheen.addColorStop(0, withAlpha(mix(around, '#ffffff', 0.6), 0.72));
    sheen.addColorStop(0.5, withAlpha(around, 0.5));
    sheen.addColorStop(1, withAlpha(around, 0.62));
    ink.save();
    ink.fillStyle = sheen;
    ink.beginPath();
    ink.roundRect(left, top, width, height, radius);
    ink.fill();
    ink.strokeStyle = withAlpha(mix(around, '#ffffff', 0.8), 0.95);
    ink.lineWidth = Math.max(1, scale);
    ink.stroke();
    ink.strokeStyle = 'rgba(0, 0, 0, 0.18)';
    ink.lineWidth = Math.max(0.5, 0.5 * scale);
    ink.beginPath();
    ink.roundRect(left - scale, top - scale, width + 2 * scale, height + 2 * scale, radius + scale);
    ink.stroke();
    ink.restore();
  },
  vintage(ink, area, size, scale, {text, around}) {
    ink.save();
    ink.fillStyle = around;
    plaque(ink, area, 0, 0.42 * size);
    ink.fill();
    ink.strokeStyle = withAlpha(text, 0.85);
    ink.lineWidth = Math.max(1, 1.2 * scale);
    ink.stroke();
    ink.lineWidth = Math.max(0.5, 0.5 * scale);
    plaque(ink, area, 0.2 * size, 0.42 * size);
    ink.stroke();
    ink.restore();
  },
};

/** A rectangle with its corners scooped out. @param {Ink} ink @param {Area} area @param {number} inset @param {number} scoop */
function plaque(ink, {left, top, width, height}, inset, scoop) {
  const [x0, y0, x1, y1] = [left + inset, top + inset, left + width - inset, top + height - inset];
  const quarter = Math.PI / 2;
  ink.beginPath();
  ink.arc(x0, y0, scoop, quarter, 0, true);
  ink.arc(x1, y0, scoop, 2 * quarter, quarter, true);
  ink.arc(x1, y1, scoop, 3 * quarter, 2 * quarter, true);
  ink.arc(x0, y1, scoop, 0, -quarter, true);
  ink.closePath();
}

/**
 * Returns the first of *areas* that can be on the map, moved sideways onto it; else the first.
 * @param {Area[]} areas
 * @param {Frame} frame
 * @returns {Area}
 */
export function fitting(areas, frame) {
  for (const area of areas) {
    const [least, most] = breadth(frame, area.top, area.top + area.height);
    if (most - least >= area.width) {
      return {...area, left: Math.min(most - area.width, Math.max(least, area.left))};
    }
  }
  return areas[0];
}

/**
 * From where to where the map reaches between two heights: nowhere, if they are beyond it.
 * @param {Frame} frame
 * @param {number} top
 * @param {number} bottom
 */
function breadth({map, center, radius, scale}, top, bottom) {
  const room = 4 * scale;
  if (top < map.y + room || bottom > map.y + map.height - room) return [0, 0];
  if (radius === null) return [map.x + room, map.x + map.width - room];
  const off = Math.max(Math.abs(top - center.y), Math.abs(bottom - center.y));
  const half = Math.sqrt(Math.max(0, (radius - room) ** 2 - off ** 2));
  return [center.x - half, center.x + half];
}

/**
 * Breaks *text* between words, and a longer word between characters, into lines of at most *widest*.
 * @param {string} text
 * @param {number} widest
 * @param {(text: string) => number} widthOf
 * @returns {string[]}
 */
export function linesOf(text, widest, widthOf) {
  /** @type {string[]} */
  const lines = [];
  let gap = '';
  for (const {word, after} of piecesOf(text)) {
    const longer = lines.length ? `${lines[lines.length - 1]}${gap}${word}` : word;
    if (lines.length && widthOf(longer) <= widest) lines[lines.length - 1] = longer;
    else lines.push(...pieces(word, widest, widthOf));
    gap = after;
  }
  return lines;
}

/** @param {string} word @param {number} widest @param {(text: string) => number} widthOf */
function pieces(word, widest, widthOf) {
  if (widthOf(word) <= widest) return [word];
  const parts = [''];
  for (const {segment} of new Intl.Segmenter(undefined, {granularity: 'grapheme'}).segment(word)) {
    const last = parts[parts.length - 1];
    if (last && widthOf(last + segment) > widest) parts.push(segment);
    else parts[parts.length - 1] = last + segment;
  }
  return parts;
}
