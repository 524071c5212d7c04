/** What markers make together: the path through them, its lengths, and the area they enclose. */

import {mercatorX} from './camera.js';
import {clipLine, clipRing} from './clip.js';
import {arcBetween, kilometres, lengthText} from './great-circle.js';
import {drawLabel} from './label.js';
import {flatOf, greatCircle, unwrapped} from './route.js';

/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/** @typedef {import('./marks.js').Scene} Scene */
/** @typedef {import('./view.js').Point} Point */
/** @typedef {import('./view.js').View} View */

/** How far a straight piece may be from its arc, in pixels. Before the camera it may be enlarged. */
const TOLERANCE = 0.2;
/** Dash and gap, and how far a length stands above its path, in CSS pixels. */
const DASH = 4;
const RISE = 2;
const FILL_ALPHA = 0.2;

/**
 * The segments from each marker to the next, each going on where the last one ended.
 * @param {import('./types.js').Marker[]} markers
 * @param {View} view
 * @param {boolean} closed whether the last leads to the first
 * @returns {Point[][]}
 */
export function segmentsOf(markers, view, closed) {
  const fine = {tolerance: TOLERANCE / view.magnification, longest: view.longest, box: view.box};
  const stops = closed ? [...markers, markers[0]] : markers;
  /** @type {Point[][]} */
  const segments = [];
  let x = mercatorX(stops[0].lng);
  for (let i = 1; i < stops.length; i++) {
    const [from, to] = [stops[i - 1], stops[i]];
    const segment = greatCircle([from.lng, from.lat], [to.lng, to.lat], x, fine);
    segments.push(segment);
    x = segment[segment.length - 1][0];
  }
  return segments;
}

/** @param {Ink} ink @param {Scene} scene */
export function drawFill(ink, {config: {layers, markers}, view}) {
  if (!layers.fillMarkers || markers.length < 3) return;
  const ring = ringOf(segmentsOf(markers, view, true));
  ink.save();
  ink.globalAlpha = FILL_ALPHA;
  ink.fillStyle = layers.markerFillColor ?? layers.markerPathColor ?? layers.markerColor ?? 'black';
  for (const shifted of copiesOf(ring, view)) {
    ink.beginPath();
    trace(ink, clipRing(shifted, view.sides(1)), view);
    ink.closePath();
    ink.fill();
  }
  ink.restore();
}

/** @param {Ink} ink @param {Scene} scene */
export function drawPath(ink, {config: {layers, markers}, frame, view, palette}) {
  if (!layers.connectMarkers || markers.length < 2) return;
  const line = segmentsOf(markers, view, false).flat();
  const width = layers.markerPathWidth * frame.scale;
  ink.save();
  ink.lineWidth = width;
  ink.lineJoin = 'round';
  ink.lineCap = layers.markerPathStyle === 'dashed' ? 'butt' : 'round';
  if (layers.markerPathStyle === 'dashed') ink.setLineDash([DASH * frame.scale, DASH * frame.scale]);
  ink.strokeStyle = layers.markerPathColor ?? layers.markerColor ?? palette.primary ?? palette.accent ?? palette.text;
  // One stroke for all: what crosses itself is not drawn twice.
  ink.beginPath();
  for (const shifted of copiesOf(line, view)) {
    for (const run of clipLine(shifted, view.sides(width))) trace(ink, run, view);
  }
  ink.stroke();
  ink.restore();
}

/** @param {Ink} ink @param {Scene} scene */
export function drawLengths(ink, {config: {layers, markers}, frame, view, palette, faces}) {
  if (!layers.connectMarkers || !layers.showSegmentLengths || markers.length < 2) return;
  const size = layers.markerPathLabelSize * frame.scale;
  const colour = layers.markerPathColor ?? layers.markerColor;
  segmentsOf(markers, view, false).forEach((segment, i) => {
    const arc = arcBetween(placeOf(markers[i]), placeOf(markers[i + 1]));
    if (arc.angle === 0) return;
    const text = lengthText(kilometres(arc.angle));
    const middle = unwrapped(flatOf(arc.at(0.5)), segment[Math.floor(segment.length / 2)][0]);
    for (const {x, y} of labelPlaces(segment, middle, view)) {
      const up = layers.markerPathLabelStyle === 'standard' ? RISE * frame.scale + size / 2 : 0;
      const label = {text, ...faces.numbers, size, style: layers.markerPathLabelStyle, colour};
      drawLabel(ink, label, () => [{x, y: y - up}], frame, palette);
    }
  });
}

/**
 * Where a segment's length is told, in each copy of the world: at the middle of the way, or if that
 * is not on the map, at the middle of the longest part of it that is.
 * @param {Point[]} segment
 * @param {Point} middle
 * @param {View} view
 * @returns {{x: number, y: number}[]}
 */
function labelPlaces(segment, middle, view) {
  return shiftsOf(segment, view).flatMap((shift) => {
    const moved = /** @type {Point} */ ([middle[0] + shift, middle[1]]);
    const pixel = view.at(moved);
    if (pixel && view.shows(pixel)) return [pixel];
    const runs = clipLine(shiftedBy(segment, shift), view.sides(0)).map((run) => pixels(run, view));
    const longest = runs.sort((a, b) => lengthOf(b) - lengthOf(a))[0];
    const half = longest && halfway(longest);
    return half && view.shows(half) ? [half] : [];
  });
}

/** @param {import('./types.js').Marker} marker @returns {[number, number]} */
function placeOf({lng, lat}) {
  return [lng, lat];
}

/**
 * The closed polygon of *segments*. One that leads around a pole is closed along the world's end.
 * @param {Point[][]} segments
 * @returns {Point[]}
 */
export function ringOf(segments) {
  const ring = segments.flat();
  const [first, last] = [ring[0], ring[ring.length - 1]];
  if (Math.abs(last[0] - first[0]) < 0.5) return ring;
  const northern = ring.reduce((sum, [, y]) => sum + y, 0) / ring.length < 0.5;
  const end = northern ? 0 : 1;
  return [...ring, [last[0], end], [first[0], end]];
}

/** @param {Point[]} points @param {View} view @returns {Point[][]} them as they are in each copy of the world in view */
function copiesOf(points, view) {
  return shiftsOf(points, view).map((shift) => shiftedBy(points, shift));
}

/** @param {Point[]} points @param {View} view */
function shiftsOf(points, view) {
  let [left, right] = [Infinity, -Infinity];
  for (const [x] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  return view.copies(left, right);
}

/** @param {Point[]} points @param {number} shift @returns {Point[]} */
function shiftedBy(points, shift) {
  return shift === 0 ? points : points.map(([x, y]) => [x + shift, y]);
}

/** @param {Ink} ink @param {Point[]} points @param {View} view */
function trace(ink, points, view) {
  pixels(points, view).forEach(({x, y}, i) => (i ? ink.lineTo(x, y) : ink.moveTo(x, y)));
}

/** @param {Point[]} points @param {View} view @returns {{x: number, y: number}[]} */
function pixels(points, view) {
  return points.flatMap((point) => view.at(point) ?? []);
}

/** @param {{x: number, y: number}[]} line */
function lengthOf(line) {
  return line.reduce((sum, p, i) => sum + (i ? Math.hypot(p.x - line[i - 1].x, p.y - line[i - 1].y) : 0), 0);
}

/** @param {{x: number, y: number}[]} line */
function halfway(line) {
  let left = lengthOf(line) / 2;
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1], line[i]];
    const size = Math.hypot(b.x - a.x, b.y - a.y);
    if (size >= left && size > 0) return {x: a.x + ((b.x - a.x) * left) / size, y: a.y + ((b.y - a.y) * left) / size};
    left -= size;
  }
  return line[line.length - 1];
}
