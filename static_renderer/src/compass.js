/** The compass rose: a graduated ring around a circular map, turned with it. */

const POINTS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];
const TICKS = 32;
/** Share of the poster's width. */
const FONT = 0.013;
/** From the map's edge to the outer end of the letters, in letter sizes. */
const REACH = 0.6 + 0.8 + 0.75;

/** How much room the rose needs outside the map's edge. @param {number} width of the poster */
export function compassReach(width) {
  return REACH * FONT * width;
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {import('./types.js').Frame} frame
 * @param {number} edge width of the border's stroke, half of which lies outside the map
 * @param {number} bearing degrees; north is turned the other way
 * @param {string} colour
 */
export function drawCompass(ink, {width, center, radius}, edge, bearing, colour) {
  if (radius === null) return;
  const size = FONT * width;
  const ring = radius + edge / 2 + 0.6 * size;
  ink.save();
  ink.translate(center.x, center.y);
  ink.rotate((-bearing * Math.PI) / 180);
  ink.strokeStyle = ink.fillStyle = colour;
  drawTicks(ink, ring, size, Math.max(1, 0.0016 * width));
  ink.font = `bold ${size}px "Inter", "Noto Sans", sans-serif`;
  ink.textAlign = 'center';
  ink.textBaseline = 'middle';
  ink.lineWidth = Math.max(1, 0.15 * size);
  ink.lineJoin = 'round';
  POINTS.forEach((name, i) => {
    ink.save();
    ink.rotate((i * 2 * Math.PI) / POINTS.length);
    ink.translate(0, -(ring + 0.8 * size));
    ink.globalAlpha = name.length === 1 ? 1 : 0.7;
    ink.strokeText(name, 0, 0);
    ink.fillText(name, 0, 0);
    ink.restore();
  });
  ink.restore();
}

/** @param {OffscreenCanvasRenderingContext2D} ink @param {number} ring @param {number} size @param {number} line */
function drawTicks(ink, ring, size, line) {
  ink.globalAlpha = 0.8;
  ink.lineWidth = line;
  for (let i = 0; i < TICKS; i++) {
    const length = (i % 4 === 0 ? 0.8 : 0.4) * size;
    ink.save();
    ink.rotate((i * 2 * Math.PI) / TICKS);
    ink.beginPath();
    ink.moveTo(0, -ring);
    ink.lineTo(0, -(ring - length));
    ink.stroke();
    ink.restore();
  }
  ink.globalAlpha = 1;
}
