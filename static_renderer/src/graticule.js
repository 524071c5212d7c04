/** Meridians and parallels over the map, with their degrees along its edges. */

import {mix, withAlpha} from '../shared-styles/index.js';

import {depthOf} from './border.js';
import {lngOf, latOf, mercatorX, mercatorY} from './camera.js';
import {clipLine} from './clip.js';
import {hasScaleBar, scaleBarArea} from './scale-bar.js';

/** Nobody could tell apart, or read, more lines than this in one direction. */
const MOST_LINES = 60;
const LINE_ALPHA = 0.5;
const LABEL_ALPHA = 0.8;
/** From the innermost border to a label, in CSS pixels. */
const ROOM = 5;

/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/** @typedef {import('./marks.js').Scene} Scene */
/** @typedef {import('./view.js').Point} Point */
/** @typedef {{x: number, y: number}} Pixel */
/** @typedef {{text: string, pixels: Pixel[]}} Line as it is on the poster */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Area */

/**
 * @param {Ink} ink within the map's clip
 * @param {Scene} scene
 * @returns {{lines: number, step: number}} how many were drawn, and how many degrees apart
 */
export function drawGraticule(ink, scene) {
  const {config: {layers}, frame, view, palette, faces} = scene;
  const step = stepFor(layers.graticuleDensity, degreesSeen(view.box));
  const lines = linesOf(view, step);
  ink.save();
  ink.strokeStyle = withAlpha(mix(palette.text, palette.background, 0.25), LINE_ALPHA);
  ink.lineWidth = layers.graticuleWeight * frame.scale;
  ink.beginPath();
  for (const {pixels} of lines) pixels.forEach(({x, y}, i) => (i ? ink.lineTo(x, y) : ink.moveTo(x, y)));
  ink.stroke();
  const size = layers.graticuleLabelSize * frame.scale;
  ink.font = `${faces.numbers.weight} ${size}px ${faces.numbers.family}`;
  drawLabels(ink, lines, size, scene);
  ink.restore();
  return {lines: lines.length, step};
}

/**
 * The step asked for, or the next larger 1, 2 or 5 times a power of ten that leaves lines apart.
 * @param {number} density degrees
 * @param {number} seen degrees in view, the larger of both directions
 */
export function stepFor(density, seen) {
  const least = seen / MOST_LINES;
  if (density >= least) return density;
  const power = 10 ** Math.floor(Math.log10(least));
  return /** @type {number} */ ([1, 2, 5, 10].map((n) => n * power).find((step) => step >= least * (1 - 1e-9)));
}

/**
 * Every multiple of *step* from *low* to *high*, counted so that no rounding adds up.
 * @param {number} low
 * @param {number} high
 * @param {number} step
 */
export function multiples(low, high, step) {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({length: Math.max(0, count)}, (_, i) => (first + i) * step);
}

/**
 * `71.5° E`, with as many decimals as the step needs.
 * @param {number} degrees -180..180
 * @param {number} step
 * @param {string} sides what is positive and what negative, as `EW`
 */
export function degreesText(degrees, step, sides) {
  const decimals = [0, 1, 2, 3].find((n) => Math.abs(step * 10 ** n - Math.round(step * 10 ** n)) < 1e-6) ?? 4;
  const text = `${Math.abs(degrees).toFixed(decimals)}°`;
  if (Number(text.slice(0, -1)) === 0 || Math.abs(degrees) === 180) return text;
  return `${text} ${degrees > 0 ? sides[0] : sides[1]}`;
}

/** @param {import('./view.js').Box} box */
function degreesSeen({left, right, top, bottom}) {
  return Math.max(lngOf(right) - lngOf(left), latOf(top) - latOf(bottom));
}

/** @param {import('./view.js').View} view @param {number} step @returns {Line[]} */
function linesOf(view, step) {
  const {left, right, top, bottom} = view.box;
  const sides = view.sides(0);
  /** @type {(text: string, from: Point, to: Point) => Line[]} */
  const seen = (text, from, to) => clipLine(stepped(from, to, view.longest), sides)
    .map((run) => ({text, pixels: run.flatMap((point) => view.at(point) ?? [])}))
    .filter(({pixels}) => pixels.length > 1);
  // Each copy of the world has its own lines: a step need not divide 360.
  const meridians = view.copies(0, 1).flatMap((copy) => multiples(-180, 180, step)
    .filter((lng) => lng > -180)
    .map((lng) => /** @type {[number, number]} */ ([lng, mercatorX(lng) + copy])));
  const parallels = multiples(latOf(bottom), latOf(top), step);
  return [
    ...meridians.flatMap(([lng, x]) => seen(degreesText(lng, step, 'EW'), [x, top], [x, bottom])),
    ...parallels.flatMap((lat) => seen(degreesText(lat, step, 'NS'), [left, mercatorY(lat)], [right, mercatorY(lat)])),
  ];
}

/** @param {Point} from @param {Point} to @param {number} longest @returns {Point[]} the way in pieces no longer than that */
function stepped(from, to, longest) {
  const count = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / longest));
  const between = (/** @type {0 | 1} */ axis, /** @type {number} */ i) => from[axis] + ((to[axis] - from[axis]) * i) / count;
  return Array.from({length: count + 1}, (_, i) => [between(0, i), between(1, i)]);
}

/** @param {Ink} ink @param {Line[]} lines @param {number} size @param {Scene} scene */
function drawLabels(ink, lines, size, scene) {
  const {config: {format}, frame, palette} = scene;
  const depth = depthOf(format.borderStyle, frame.width) + ROOM * frame.scale;
  /** @type {Area[]} */
  const taken = hasScaleBar(scene) ? [scaleBarArea(scene)] : [];
  // A map without a margin has the credit and the watermark upon it.
  const strip = (scene.config.watermark ? 3.7 : 2) * frame.unit;
  taken.push({left: 0, right: frame.width, top: frame.height - strip, bottom: frame.height});
  ink.textAlign = 'center';
  ink.textBaseline = 'middle';
  ink.lineJoin = 'round';
  ink.lineWidth = 0.35 * size;
  ink.strokeStyle = palette.background;
  ink.globalAlpha = LABEL_ALPHA;
  ink.fillStyle = palette.text;
  for (const {text, pixels} of lines) {
    const [a, b] = [pixels[0], pixels[pixels.length - 1]];
    const half = {x: ink.measureText(text).width / 2, y: size / 2};
    for (const [end, other] of [[a, b], [b, a]]) {
      const area = inward(end, other, half, depth, frame);
      if (!area || taken.some((each) => meet(each, area, 0.4 * size))) continue;
      taken.push(area);
      const at = /** @type {[number, number]} */ ([(area.left + area.right) / 2, (area.top + area.bottom) / 2]);
      ink.strokeText(text, ...at);
      ink.fillText(text, ...at);
    }
  }
}

/**
 * Returns where on its line, from *end* on, a label first is wholly on the map; null if that is
 * beyond the line's middle.
 * @param {Pixel} end
 * @param {Pixel} other
 * @param {Pixel} half of the label's width and height
 * @param {number} depth to keep free along the edge
 * @param {import('./types.js').Frame} frame
 * @returns {Area | null}
 */
export function inward(end, other, half, depth, frame) {
  const length = Math.hypot(other.x - end.x, other.y - end.y);
  const [dx, dy] = [(other.x - end.x) / length, (other.y - end.y) / length];
  for (let t = 0; t < length / 2; t += frame.scale / 2) {
    const [x, y] = [end.x + t * dx, end.y + t * dy];
    const area = {left: x - half.x, right: x + half.x, top: y - half.y, bottom: y + half.y};
    if (isInside(area, depth, frame)) return area;
  }
  return null;
}

/** @param {Area} area @param {number} depth @param {import('./types.js').Frame} frame */
function isInside({left, top, right, bottom}, depth, {map, center, radius}) {
  if (radius !== null) {
    const x = Math.max(Math.abs(left - center.x), Math.abs(right - center.x));
    const y = Math.max(Math.abs(top - center.y), Math.abs(bottom - center.y));
    return Math.hypot(x, y) <= radius - depth;
  }
  return left >= map.x + depth && right <= map.x + map.width - depth
    && top >= map.y + depth && bottom <= map.y + map.height - depth;
}

/** @param {Area} a @param {Area} b @param {number} apart */
function meet(a, b, apart) {
  return a.left < b.right + apart && b.left < a.right + apart && a.top < b.bottom + apart && b.top < a.bottom + apart;
}
