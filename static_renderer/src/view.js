/** Where the flat world is on the poster: the camera's perspective, and the land that rises from it. */

import {latOf, lngOf, mercatorX, mercatorY} from './camera.js';

/** MapLibre draws the world so many times more to each side. */
const COPIES = 3;
const WORLD = 512;
/** CSS pixels. Each end costs a look at the land, a tenth of a millisecond. */
const LIFTED_PIECE = 12;
/** How far beyond the map's edge, in its heights, there may be land that is seen within. */
const RISING = 0.15;
/** MapLibre's, from the map's upper edge to its lower one: radians. */
const FIELD_OF_VIEW = 0.6435011087932844;

/** @typedef {[x: number, y: number]} Point on the flat world: one unit is its whole width, y southwards */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */
/** @typedef {(place: [number, number]) => {x: number, y: number}} Project from degrees to pixels of the poster */

export class View {
  /** Rows that make X, Y and W of (u, v, 1), where u and v are 0..1 over a square in the middle. @type {number[][]} */
  #rows;
  /** @type {Point} the square's north-west corner */
  #corner;
  #side;
  #lift;

  /**
   * @param {Project} project the settled map's own
   * @param {import('./types.js').Camera} camera
   * @param {import('./types.js').Frame} frame
   * @param {Project | null} [lift] where a place is seen upon 3D terrain; the map must still be there
   */
  constructor(project, {center, zoom}, frame, lift = null) {
    const world = WORLD * 2 ** zoom;
    // Small enough to lie before the camera at any pitch, large enough to be measured well.
    this.#side = Math.min(frame.css.width, frame.css.height) / 2 / world;
    this.#corner = [mercatorX(center[0]) - this.#side / 2, mercatorY(center[1]) - this.#side / 2];
    const [x, y] = this.#corner;
    this.#rows = perspective([[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) =>
      project([lngOf(x + u * this.#side), latOf(y + v * this.#side)])));
    this.frame = frame;
    this.#lift = lift;
    /** Pixels of the poster in one unit of the world, at the map's middle. */
    this.magnification = world * frame.scale;
    /** What of the flat world and its copies is in view. */
    this.box = this.#seen();
  }

  /** How long a straight piece may be, in units of the world: over 3D terrain, too short to cut corners. */
  get longest() {
    return this.#lift ? (LIFTED_PIECE * this.frame.scale) / this.magnification : Infinity;
  }

  /** Returns the pixel of the poster, or null for a place behind the camera. @param {Point} point */
  at(point) {
    const [x, y, w] = this.#turned(point);
    if (w <= 0) return null;
    return this.#lift ? this.#lift([lngOf(point[0]), latOf(point[1])]) : {x: x / w, y: y / w};
  }

  /** Whether a pixel is on the map. @param {{x: number, y: number}} pixel */
  shows({x, y}) {
    const {map, center, radius} = this.frame;
    if (radius !== null) return Math.hypot(x - center.x, y - center.y) <= radius;
    return x >= map.x && x <= map.x + map.width && y >= map.y && y <= map.y + map.height;
  }

  /**
   * The sides between which the map and *more* pixels around it lie, and the world's upper and
   * lower end. Nothing behind the camera is inside of them.
   * @param {number} more
   * @returns {import('./clip.js').Side[]}
   */
  sides(more) {
    const {x, y, width, height} = this.frame.map;
    const room = more + this.#room();
    return [
      (point) => this.#beyond(point, 0, x - room),
      (point) => -this.#beyond(point, 0, x + width + room),
      (point) => this.#beyond(point, 1, y - room),
      (point) => -this.#beyond(point, 1, y + height + room),
      ([, north]) => north,
      ([, north]) => 1 - north,
    ];
  }

  /**
   * How far to shift what lies between two x so that it comes into view: once for every copy.
   * @param {number} left
   * @param {number} right
   * @returns {number[]}
   */
  copies(left, right) {
    const first = Math.ceil(this.box.left - right);
    const count = Math.floor(this.box.right - left) - first + 1;
    return Array.from({length: Math.max(0, count)}, (_, i) => first + i);
  }

  /** @param {Point} point @returns {number[]} X, Y and W */
  #turned([x, y]) {
    const [u, v] = [(x - this.#corner[0]) / this.#side, (y - this.#corner[1]) / this.#side];
    return this.#rows.map(([a, b, c]) => a * u + b * v + c);
  }

  /** @param {Point} point @param {number} axis @param {number} limit */
  #beyond(point, axis, limit) {
    const turned = this.#turned(point);
    return turned[axis] - limit * turned[2];
  }

  /** How far beyond an edge there may be land that rises into view. */
  #room() {
    return this.#lift ? this.frame.map.height * RISING : 0;
  }

  /** @returns {Box} */
  #seen() {
    const {x, y, width, height} = this.frame.map;
    const room = this.#room();
    const [left, top, right, bottom] = [x - room, y - room, x + width + room, y + height + room];
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
      .map(([px, py]) => this.#ground(px, py));
    const limits = {left: -COPIES, right: 1 + COPIES, top: 0, bottom: 1};
    // Where the horizon is in view, there is no end before the world's.
    if (corners.some((corner) => corner === null)) return limits;
    const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => /** @type {Point} */ (corner)[axis]));
    return {
      left: Math.max(limits.left, Math.min(...xs)),
      right: Math.min(limits.right, Math.max(...xs)),
      top: Math.max(limits.top, Math.min(...ys)),
      bottom: Math.min(limits.bottom, Math.max(...ys)),
    };
  }

  /** Returns the place under a pixel, null for the sky. @param {number} px @param {number} py @returns {Point | null} */
  #ground(px, py) {
    const [[a, b, c], [d, e, f], [g, h, i]] = this.#rows;
    const u = (e * i - f * h) * px + (c * h - b * i) * py + (b * f - c * e);
    const v = (f * g - d * i) * px + (a * i - c * g) * py + (c * d - a * f);
    const w = (d * h - e * g) * px + (b * g - a * h) * py + (a * e - b * d);
    const point = /** @type {Point} */ ([this.#corner[0] + (u / w) * this.#side, this.#corner[1] + (v / w) * this.#side]);
    return this.#turned(point)[2] > 0 ? point : null;
  }
}

/**
 * Where the camera sees level ground at the height of the map's middle. Over 3D terrain the map's
 * own projection follows the hills, and no perspective goes through them.
 * @param {import('./types.js').Camera} camera
 * @param {import('./types.js').Frame} frame
 * @returns {Project}
 */
export function levelGround({center, zoom, pitch, bearing}, {map, css, scale}) {
  const distance = css.height / 2 / Math.tan(FIELD_OF_VIEW / 2);
  const [tilt, turn] = [(pitch * Math.PI) / 180, (bearing * Math.PI) / 180];
  const world = WORLD * 2 ** zoom;
  return ([lng, lat]) => {
    const east = (mercatorX(lng) - mercatorX(center[0])) * world;
    const south = (mercatorY(lat) - mercatorY(center[1])) * world;
    const right = east * Math.cos(turn) + south * Math.sin(turn);
    const down = south * Math.cos(turn) - east * Math.sin(turn);
    const nearer = distance / (distance - down * Math.sin(tilt));
    return {
      x: map.x + scale * (css.width / 2 + right * nearer),
      y: map.y + scale * (css.height / 2 + down * Math.cos(tilt) * nearer),
    };
  };
}

/**
 * The perspective that takes the unit square's corners to *corners* (Heckbert 1989, section 2.2.2).
 * @param {{x: number, y: number}[]} corners of (0, 0), (1, 0), (1, 1), (0, 1)
 */
export function perspective([p, q, r, s]) {
  const [dx1, dy1, dx2, dy2] = [q.x - r.x, q.y - r.y, s.x - r.x, s.y - r.y];
  const [sx, sy] = [p.x - q.x + r.x - s.x, p.y - q.y + r.y - s.y];
  const size = dx1 * dy2 - dx2 * dy1;
  const g = (sx * dy2 - sy * dx2) / size;
  const h = (dx1 * sy - dy1 * sx) / size;
  return [
    [q.x - p.x + g * q.x, s.x - p.x + h * s.x, p.x],
    [q.y - p.y + g * q.y, s.y - p.y + h * s.y, p.y],
    [g, h, 1],
  ];
}
