/** Markers of six kinds, each drawn around or upon its point, and the one at the place itself. */

import {clipToMap} from './frame.js';

/** CSS pixels on a map 1000 px wide. */
const SIZE = 40;

/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/** @typedef {(ink: Ink, m: number, colour: string) => void} Kind draws around (0, 0), *m* pixels large */

/** @type {Record<import('./types.js').MarkerType, Kind>} */
const KINDS = {
  crosshair(ink, m, colour) {
    ink.strokeStyle = ink.fillStyle = colour;
    ink.lineWidth = Math.max(1, Math.round(0.025 * m));
    stroke(ink, 0.55, () => {
      ink.moveTo(-m / 2, 0);
      ink.lineTo(m / 2, 0);
      ink.moveTo(0, -m / 2);
      ink.lineTo(0, m / 2);
    });
    ink.lineWidth = Math.max(1, Math.round(0.02 * m));
    stroke(ink, 0.35, () => circle(ink, 0.45 * m));
    stroke(ink, 0.55, () => circle(ink, 0.225 * m));
    disc(ink, Math.max(2, 0.1125 * m));
  },
  dot(ink, m, colour) {
    ink.fillStyle = colour;
    disc(ink, 0.25 * m);
    ink.strokeStyle = 'white';
    ink.lineWidth = Math.max(1, 0.05 * m);
    stroke(ink, 1, () => circle(ink, 0.25 * m));
  },
  ring(ink, m, colour) {
    ink.strokeStyle = colour;
    ink.lineWidth = Math.max(2, 0.1 * m);
    stroke(ink, 1, () => circle(ink, 0.35 * m));
    ink.strokeStyle = 'white';
    ink.lineWidth = Math.max(1, 0.02 * m);
    stroke(ink, 1, () => circle(ink, 0.29 * m));
  },
  pin(ink, m, colour) {
    // A round head with its tangents meeting in the tip; the tip is the place.
    const [head, radius, tip] = [-15.1, 8.5, 0];
    const angle = Math.acos(radius / (tip - head));
    const path = new Path2D();
    path.arc(0, head, radius, Math.PI / 2 + angle, Math.PI / 2 - angle + 2 * Math.PI);
    path.lineTo(0, tip);
    path.closePath();
    shape(ink, m / 24, path, colour, {outline: 2.5, blur: 0.1 * m, drop: 0.05 * m});
    ink.scale(m / 24, m / 24);
    ink.fillStyle = 'white';
    ink.translate(0, head - 0.1);
    disc(ink, 3.5);
  },
  heart(ink, m, colour) {
    const path = new Path2D('M0 9 C-4 5.4 -9.5 1 -9.5 -4 C-9.5 -7 -7.2 -9 -4.8 -9 C-2.7 -9 -0.9 -7.8 0 -5.9 '
      + 'C0.9 -7.8 2.7 -9 4.8 -9 C7.2 -9 9.5 -7 9.5 -4 C9.5 1 4 5.4 0 9 Z');
    shape(ink, (0.8 * m) / 24, path, colour, {outline: 2, blur: 0.05 * m, drop: 0.025 * m});
  },
  home(ink, m, colour) {
    const path = new Path2D('M0 -10 L-9 -3 V10 H-3 V0 H3 V10 H9 V-3 Z');
    shape(ink, (0.8 * m) / 24, path, colour, {outline: 2, blur: 0.05 * m, drop: 0.025 * m});
  },
};

/**
 * Draws the marker of `location.center`, kept within the map.
 * @param {Ink} ink
 * @param {import('./types.js').Layers} layers
 * @param {import('./types.js').Frame} frame
 * @param {{x: number, y: number}} at the place, in pixels of the poster
 * @param {string} colour
 */
export function drawMarker(ink, {markerType}, frame, at, colour) {
  ink.save();
  clipToMap(ink, frame);
  drawKind(ink, markerType, SIZE * frame.scale, at, colour);
  ink.restore();
}

/**
 * @param {Ink} ink
 * @param {import('./types.js').MarkerType} kind
 * @param {number} size pixels of the poster
 * @param {{x: number, y: number}} at
 * @param {string} colour
 */
export function drawKind(ink, kind, size, at, colour) {
  ink.save();
  ink.translate(at.x, at.y);
  KINDS[kind](ink, size, colour);
  ink.restore();
}

/** @param {Ink} ink @param {number} alpha @param {() => void} path */
function stroke(ink, alpha, path) {
  ink.globalAlpha = alpha;
  ink.beginPath();
  path();
  ink.stroke();
  ink.globalAlpha = 1;
}

/** @param {Ink} ink @param {number} r */
function circle(ink, r) {
  ink.moveTo(r, 0);
  ink.arc(0, 0, r, 0, 2 * Math.PI);
}

/** @param {Ink} ink @param {number} r */
function disc(ink, r) {
  ink.beginPath();
  circle(ink, r);
  ink.fill();
}

/**
 * A filled shape with a white outline and a soft shadow.
 * @param {Ink} ink
 * @param {number} scale
 * @param {Path2D} path
 * @param {string} colour
 * @param {{outline: number, blur: number, drop: number}} look *outline* in the path's units, the rest in pixels
 */
function shape(ink, scale, path, colour, {outline, blur, drop}) {
  ink.save();
  ink.scale(scale, scale);
  ink.lineJoin = 'round';
  ink.lineWidth = outline;
  ink.strokeStyle = 'white';
  ink.shadowColor = 'rgba(0, 0, 0, 0.3)';
  ink.shadowBlur = blur;
  ink.shadowOffsetY = drop;
  ink.stroke(path);
  ink.restore();
  ink.save();
  ink.scale(scale, scale);
  ink.fillStyle = colour;
  ink.fill(path);
  ink.restore();
}
