/** The pieces a poster is drawn in: together they are all of the sheet, and none lies on another. */

/** @typedef {{x: number, y: number, width: number, height: number}} Box whole pixels */

/**
 * Divides a sheet evenly into as few pieces as will do, and of those ways into the squarest ones.
 * @param {number} width of the sheet, bleed included
 * @param {number} height
 * @param {number} longest the longest side WebGL can draw
 * @param {number} most pixels of one piece
 * @returns {Box[]} row by row from the sheet's upper left corner
 */
export function piecesOf(width, height, longest, most) {
  const {columns, rows} = divisionOf(width, height, longest, most);
  const [lefts, tops] = [startsOf(width, columns), startsOf(height, rows)];
  return tops.slice(0, -1).flatMap((y, row) => lefts.slice(0, -1).map((x, column) =>
    ({x, y, width: lefts[column + 1] - x, height: tops[row + 1] - y})));
}

/**
 * What of the map lies on a piece of the sheet; null when nothing does.
 * @param {Box} piece
 * @param {import('./types.js').Frame} frame the map's own, which may go on into a bleed
 * @returns {Box | null} in pixels of the map, from where it begins
 */
export function onMap(piece, {map, bleed}) {
  const [left, top] = [piece.x - bleed - map.x, piece.y - bleed - map.y];
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  const width = Math.min(map.width, left + piece.width) - x;
  const height = Math.min(map.height, top + piece.height) - y;
  return width > 0 && height > 0 ? {x, y, width, height} : null;
}

/**
 * @param {number} width
 * @param {number} height
 * @param {number} longest
 * @param {number} most
 */
function divisionOf(width, height, longest, most) {
  /** @type {{columns: number, rows: number, count: number, shape: number}[]} */
  const ways = [];
  const fewest = Math.ceil(width / longest);
  // More columns than it takes for squares of the smallest allowed area never need fewer pieces.
  const last = Math.max(fewest, Math.ceil(width / Math.sqrt(most)) + 1);
  for (let columns = fewest; columns <= last; columns++) {
    const wide = widest(width, columns);
    // Less the pixel by which even sides may exceed their share.
    const high = Math.max(2, Math.min(longest, Math.floor(most / wide)) - 1);
    const rows = height <= high + 1 ? 1 : Math.ceil(height / high);
    ways.push({columns, rows, count: columns * rows, shape: Math.abs(Math.log((width / columns) / (height / rows)))});
  }
  return ways.reduce((best, way) =>
    (way.count < best.count || (way.count === best.count && way.shape < best.shape) ? way : best));
}

/** @param {number} length @param {number} count */
function widest(length, count) {
  const starts = startsOf(length, count);
  return Math.max(...starts.slice(1).map((end, i) => end - starts[i]));
}

/**
 * Where each of *count* parts begins, and where the last ends. All begin at even pixels, because a
 * GPU takes slopes from squares of two by two.
 * @param {number} length
 * @param {number} count
 */
function startsOf(length, count) {
  return Array.from({length: count + 1}, (_, i) => (i === count ? length : 2 * Math.round((i * length) / count / 2)));
}
