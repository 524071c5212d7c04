/** The line around the map: rectangles, or rings around a circular map. */

/** In shares of the poster's width. */
const THIN = 0.005;
const THICK = 0.015;
const INSET = 0.02;
const SECOND = 0.01;

/** Line width and distance inwards of each stroke. @type {Record<string, [width: number, inset: number][]>} */
const STROKES = {
  none: [],
  thin: [[THIN, 0]],
  thick: [[THICK, 0]],
  inset: [[THIN, INSET]],
  double: [[THIN, 0], [THIN, SECOND]],
};

/**
 * The width of the stroke on the map's edge, 0 without one.
 * @param {string} borderStyle
 * @param {number} width of the poster
 */
export function edgeOf(borderStyle, width) {
  return Math.max(0, ...STROKES[borderStyle].filter(([, inset]) => inset === 0).map(([share]) => share * width));
}

/**
 * How far the innermost stroke reaches into the map.
 * @param {string} borderStyle
 * @param {number} width of the poster
 */
export function depthOf(borderStyle, width) {
  return Math.max(0, ...STROKES[borderStyle].map(([share, inset]) => (inset + share / 2) * width));
}

/**
 * Strokes are centred on their edge.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {import('./types.js').Format} format
 * @param {import('./types.js').Frame} frame
 * @param {string} colour
 */
export function drawBorder(ink, {borderStyle}, {width, map, center, radius}, colour) {
  ink.save();
  ink.strokeStyle = colour;
  for (const [share, insetShare] of STROKES[borderStyle]) {
    const inset = insetShare * width;
    ink.lineWidth = share * width;
    ink.beginPath();
    if (radius === null) ink.rect(map.x + inset, map.y + inset, map.width - 2 * inset, map.height - 2 * inset);
    else ink.arc(center.x, center.y, Math.max(0, radius - inset), 0, 2 * Math.PI);
    ink.stroke();
  }
  ink.restore();
}
