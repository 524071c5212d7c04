/** The shortest ways over the globe: how long they are, and where they lead. */

/** Kilometres; the globe as a ball. */
const RADIUS = 6371;

/** @typedef {[number, number]} Place [lng, lat] in degrees */
/** @typedef {[number, number, number]} Vector */

/**
 * The great circle from one place to another, as a function of the share of the way.
 * @param {Place} from
 * @param {Place} to
 * @returns {{angle: number, at: (share: number) => Place}} *angle* in radians
 */
export function arcBetween(from, to) {
  const start = vectorOf(from);
  const end = vectorOf(to);
  const across = cross(start, end);
  const angle = Math.atan2(length(across), dot(start, end));
  const ahead = unit(cross(axisOf(start, across), start));
  return {
    angle,
    at(share) {
      const [sin, cos] = [Math.sin(share * angle), Math.cos(share * angle)];
      return placeOf(/** @type {Vector} */ (start.map((x, i) => x * cos + ahead[i] * sin)));
    },
  };
}

/** @param {number} angle radians @returns {number} kilometres */
export function kilometres(angle) {
  return RADIUS * angle;
}

/** As the posters always said it: one decimal below 10 km. @param {number} km */
export function lengthText(km) {
  return `${km < 9.95 ? km.toFixed(1) : Math.round(km)} km`;
}

/**
 * What the way turns around. Between opposite places every way is a shortest one: it is led over
 * the pole, or along the zero meridian from a pole.
 * @param {Vector} start
 * @param {Vector} across
 * @returns {Vector}
 */
function axisOf(start, across) {
  if (length(across) > 1e-12) return across;
  const overPole = cross(start, [0, 0, 1]);
  return length(overPole) > 1e-12 ? overPole : cross(start, [1, 0, 0]);
}

/** @param {Place} place @returns {Vector} */
function vectorOf([lng, lat]) {
  const [x, y] = [(lng * Math.PI) / 180, (lat * Math.PI) / 180];
  return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)];
}

/** @param {Vector} v @returns {Place} */
function placeOf([x, y, z]) {
  return [(Math.atan2(y, x) * 180) / Math.PI, (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI];
}

/** @param {Vector} a @param {Vector} b @returns {Vector} */
function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** @param {Vector} a @param {Vector} b */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {Vector} v */
function length(v) {
  return Math.hypot(...v);
}

/** @param {Vector} v @returns {Vector} */
function unit(v) {
  const size = length(v);
  return [v[0] / size, v[1] / size, v[2] / size];
}
