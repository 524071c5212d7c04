/** The scale bar: at the map's lower right, below the words, for a map seen from straight above. */

import {depthOf} from './border.js';

/** Metres around the equator, and the world's width at zoom 0 in CSS pixels. */
const EQUATOR = 40_075_016.686;
const WORLD = 512;
/** CSS pixels. */
const LONGEST = 100;
const TEXT = 11;
const LINE = 1.5;

/** @typedef {import('./marks.js').Scene} Scene */

/**
 * The longest bar of 1, 2 or 5 times a power of ten metres within 100 CSS pixels.
 * @param {number} lat of the map's middle
 * @param {number} zoom
 * @returns {{metres: number, css: number, text: string}} *css*: its length in CSS pixels
 */
export function scaleBar(lat, zoom) {
  const metresPerPixel = (EQUATOR * Math.cos((lat * Math.PI) / 180)) / (WORLD * 2 ** zoom);
  const most = metresPerPixel * LONGEST * (1 + 1e-9);
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
  return {metres, css: metres / metresPerPixel, text: metresText(metres)};
}

/** @param {number} metres */
function metresText(metres) {
  if (metres >= 1000) return `${Math.round(metres / 1000)} km`;
  return metres >= 1 ? `${Math.round(metres)} m` : `${Math.round(metres * 100)} cm`;
}

/** Whether the config asks for a bar, and one length is right all over the map. @param {Scene} scene */
export function hasScaleBar({config: {layers}, camera}) {
  return layers.showScale && camera.pitch === 0;
}

/**
 * Where the bar and its text are.
 * @param {Scene} scene
 * @returns {import('./graticule.js').Area}
 */
export function scaleBarArea({config, frame: {map, scale, unit, width, height}, camera}) {
  const inset = depthOf(config.format.borderStyle, width) + 1.6 * unit;
  const right = map.x + map.width - inset;
  // Credit and watermark stand at the poster's lower edge: a map without a margin has them, too.
  const bottom = Math.min(map.y + map.height - inset, height - (config.watermark ? 4.5 : 2.5) * unit);
  const {css} = scaleBar(camera.center[1], camera.zoom);
  return {left: right - css * scale, right, top: bottom - (TEXT + 4) * scale, bottom};
}

/** @param {OffscreenCanvasRenderingContext2D} ink @param {Scene} scene */
export function drawScaleBar(ink, scene) {
  const {frame: {scale}, camera, palette, faces} = scene;
  const {text} = scaleBar(camera.center[1], camera.zoom);
  const {left, right, bottom} = scaleBarArea(scene);
  const tick = 5 * scale;
  ink.save();
  ink.lineCap = 'square';
  ink.lineJoin = 'miter';
  ink.beginPath();
  ink.moveTo(left, bottom - tick);
  ink.lineTo(left, bottom);
  ink.lineTo(right, bottom);
  ink.lineTo(right, bottom - tick);
  ink.strokeStyle = palette.background;
  ink.lineWidth = 3 * LINE * scale;
  ink.stroke();
  ink.strokeStyle = ink.fillStyle = palette.text;
  ink.lineWidth = LINE * scale;
  ink.stroke();
  ink.font = `${faces.numbers.weight} ${TEXT * scale}px ${faces.numbers.family}`;
  ink.textAlign = 'center';
  ink.textBaseline = 'alphabetic';
  ink.lineJoin = 'round';
  ink.strokeStyle = palette.background;
  ink.lineWidth = 3 * scale;
  const at = /** @type {[number, number]} */ ([(left + right) / 2, bottom - 4 * scale]);
  ink.strokeText(text, ...at);
  ink.fillText(text, ...at);
  ink.restore();
}
