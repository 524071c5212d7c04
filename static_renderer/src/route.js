/** Great circles on the flat map: as few straight pieces as look like the arc, longitudes unwrapped. */

import {mercatorX, mercatorY} from './camera.js';
import {arcBetween} from './great-circle.js';

/** Beyond it an arc bends too much on the flat map for its middle to tell how much. Radians. */
const LONGEST_PIECE = (5 * Math.PI) / 180;
/** The pole itself is infinitely far away on the flat map. */
const NEAR_POLE = 89.99;
const DEEPEST = 40;

/** @typedef {import('./view.js').Point} Point on the flat world: one unit is its whole width */
/** @typedef {import('./view.js').Box} Box */
/** @typedef {import('./great-circle.js').Place} Place */

/**
 * Returns the great circle between two places as points of the flat world. Each goes on from the
 * one before it, across the antimeridian if need be, so x may leave 0..1.
 * @param {Place} from
 * @param {Place} to
 * @param {number} startX where *from* is: `mercatorX` of it, in any copy of the world
 * @param {{tolerance: number, longest: number, box: Box}} fine how far a piece may be from the arc, how
 *   long it may be, and in which part of the world (and of its copies) that matters
 * @returns {Point[]}
 */
export function greatCircle(from, to, startX, {tolerance, longest, box}) {
  const {angle, at} = arcBetween(from, to);
  const flat = (/** @type {number} */ share, /** @type {number} */ nearX) => unwrapped(flatOf(at(share)), nearX);
  /** @type {Point[]} */
  const points = [[startX, flatOf(from)[1]]];
  /**
   * Adds what leads from the last point to *end*.
   * @param {number} t0
   * @param {number} t1
   * @param {Point} end
   * @param {number} depth
   */
  const lead = (t0, t1, end, depth) => {
    const start = points[points.length - 1];
    const middle = flat((t0 + t1) / 2, start[0]);
    const bend = Math.max(
      offLine(middle, start, end),
      // An arc that bends both ways has its middle on the line.
      offLine(flat(0.75 * t0 + 0.25 * t1, start[0]), start, end),
    );
    const isCoarse = bend > tolerance || Math.hypot(end[0] - start[0], end[1] - start[1]) > longest;
    if (depth > 0 && isCoarse && mayTouch([start, middle, end], 2 * bend, box)) {
      lead(t0, (t0 + t1) / 2, middle, depth - 1);
      lead((t0 + t1) / 2, t1, unwrapped(end, middle[0]), depth - 1);
    } else {
      points.push(end);
    }
  };
  const count = Math.max(1, Math.ceil(angle / LONGEST_PIECE));
  for (let i = 0; i < count; i++) {
    lead(i / count, (i + 1) / count, flat((i + 1) / count, points[points.length - 1][0]), DEEPEST);
  }
  return points;
}

/** @param {Place} place @returns {Point} */
export function flatOf([lng, lat]) {
  return [mercatorX(lng), mercatorY(Math.min(NEAR_POLE, Math.max(-NEAR_POLE, lat)))];
}

/**
 * Returns the point in that copy of the world in which it is nearest to *nearX*.
 * @param {Point} point
 * @param {number} nearX
 * @returns {Point}
 */
export function unwrapped([x, y], nearX) {
  return [x + Math.round(nearX - x), y];
}

/** How far *p* is from the line through *a* and *b*. @param {Point} p @param {Point} a @param {Point} b */
function offLine(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const size = Math.hypot(dx, dy);
  const [px, py] = [p[0] - a[0], p[1] - a[1]];
  return size === 0 ? Math.hypot(px, py) : Math.abs(px * dy - py * dx) / size;
}

/**
 * Whether the box around *points*, so much wider, meets *box* in any copy of the world.
 * @param {Point[]} points
 * @param {number} more
 * @param {Box} box
 */
function mayTouch(points, more, box) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  if (Math.min(...ys) - more > box.bottom || Math.max(...ys) + more < box.top) return false;
  return Math.floor(box.right - Math.min(...xs) + more) >= Math.ceil(box.left - Math.max(...xs) - more);
}
