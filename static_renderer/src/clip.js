/** Cuts lines and polygons of the flat world at straight sides, in doubles: a canvas counts in floats. */

/** @typedef {import('./view.js').Point} Point */
/** @typedef {(point: Point) => number} Side linear in the point; what is to be kept is not negative */

/**
 * Returns the parts of a line that lie inside of all *sides*.
 * @param {Point[]} line
 * @param {Side[]} sides
 * @returns {Point[][]}
 */
export function clipLine(line, sides) {
  /** @type {Point[][]} */
  const runs = [];
  let open = false;
  for (let i = 1; i < line.length; i++) {
    const kept = span(line[i - 1], line[i], sides);
    if (!kept) {
      open = false;
      continue;
    }
    const [from, to] = kept;
    if (open && from === 0) runs[runs.length - 1].push(between(line[i - 1], line[i], to));
    else runs.push([between(line[i - 1], line[i], from), between(line[i - 1], line[i], to)]);
    open = to === 1;
  }
  return runs;
}

/**
 * Returns the part of a polygon inside of all *sides* (Sutherland and Hodgman, 1974).
 * @param {Point[]} ring its first point is not repeated
 * @param {Side[]} sides
 * @returns {Point[]}
 */
export function clipRing(ring, sides) {
  return sides.reduce((points, side) => points.flatMap((point, i) => {
    const before = points[(i || points.length) - 1];
    const [was, is] = [side(before), side(point)];
    const cut = (was < 0) === (is < 0) ? [] : [between(before, point, was / (was - is))];
    return is < 0 ? cut : [...cut, point];
  }), ring);
}

/** @param {Point} a @param {Point} b @param {Side[]} sides @returns {[from: number, to: number] | null} shares of the way */
function span(a, b, sides) {
  let [from, to] = [0, 1];
  for (const side of sides) {
    const [start, end] = [side(a), side(b)];
    if (start < 0 && end < 0) return null;
    if (start < 0) from = Math.max(from, start / (start - end));
    if (end < 0) to = Math.min(to, start / (start - end));
  }
  return from < to ? [from, to] : null;
}

/** @param {Point} a @param {Point} b @param {number} share @returns {Point} */
function between(a, b, share) {
  if (share === 0) return a;
  if (share === 1) return b;
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
}
