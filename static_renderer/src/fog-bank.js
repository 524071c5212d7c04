/**
 * Where fog lies over 3D terrain and how dense it is: on the land, densest where it is farthest.
 * `fog.js` draws it.
 */

import {latOf, lngOf, mercatorX, mercatorY} from './camera.js';

/** @typedef {import('./types.js').Camera} Camera */
/** @typedef {[lng: number, lat: number]} Place */

/** MapLibre's world is this wide at zoom 0, in CSS pixels. */
const WORLD = 512;
/** All lengths here are heights of the map. Its camera is this far from its middle. */
const AWAY = 1.5;
/** Half of what it sees from top to bottom. */
const HALF_VIEW = Math.atan(1 / 3);
const ROWS = 512;
/** Beyond the land seen on level ground: from a hill one looks farther. */
const FARTHER = 2;
/**
 * How much of the land fog hides; that of Mapbox, in whose words saved configs speak of it.
 * @param {number} distance beyond the middle of the map, in heights of it
 * @param {[start: number, end: number]} range where there is none, and where there is nothing else
 * @returns {number} 0..1
 */
export function density(distance, [start, end]) {
  const share = Math.min(1, Math.max(0, (distance - start) / (end - start)));
  return Math.min(1, 1.00747 * (1 - Math.exp(-6 * share)) ** 3);
}

/**
 * Where the fog lies, null when all that is seen is clear of it.
 * @param {Camera} camera
 * @param {{width: number, height: number}} css size of the map
 * @param {[start: number, end: number]} range
 * @returns {{corners: [Place, Place, Place, Place], rows: number[]} | null} *corners*: far left, far
 *   right, near right, near left; *rows*: densities from the far to the near edge
 */
export function fogBank({center, zoom, bearing, pitch}, css, range) {
  const lean = (pitch * Math.PI) / 180;
  const [up, back] = [AWAY * Math.cos(lean), AWAY * Math.sin(lean)];
  const distance = (/** @type {number} */ beyond) => Math.hypot(up, back + beyond) - AWAY;
  const edge = (/** @type {number} */ angle) => up * Math.tan(angle) - back;
  const [near, horizon] = [edge(lean - HALF_VIEW), edge(lean + HALF_VIEW)];
  if (density(distance(horizon), range) === 0) return null;

  const far = horizon + FARTHER * (horizon - near);
  const aside = ((AWAY + far) * css.width) / css.height;
  const height = css.height / (WORLD * 2 ** zoom);
  const turn = (bearing * Math.PI) / 180;
  const [sin, cos] = [Math.sin(turn) * height, Math.cos(turn) * height];
  const [x, y] = [mercatorX(center[0]), mercatorY(center[1])];
  // MapLibre repeats the picture on every world, if its middle is on the first.
  const world = Math.floor(x + (sin * (near + far)) / 2);
  const corner = (/** @type {number} */ right, /** @type {number} */ beyond) => /** @type {Place} */ ([
    lngOf(x - world + cos * right + sin * beyond), latOf(y + sin * right - cos * beyond),
  ]);
  const middle = y - (cos * (near + far)) / 2;
  if (middle < 0 || middle >= 1) return null;
  return {
    corners: [corner(-aside, far), corner(aside, far), corner(aside, near), corner(-aside, near)],
    rows: Array.from({length: ROWS}, (_, row) => density(distance(far + ((near - far) * (row + 0.5)) / ROWS), range)),
  };
}
