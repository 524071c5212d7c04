/** The markers of one's own: each at its place, in each copy of the world that is in view. */

import {drawLabel} from './label.js';
import {drawKind} from './marker.js';
import {flatOf} from './route.js';

/** Between a marker and its label, in CSS pixels. */
const GAP = 4;

/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/** @typedef {import('./marks.js').Scene} Scene */
/** @typedef {import('./types.js').Marker} Marker */
/** @typedef {{x: number, y: number}} Pixel */

/**
 * Draws all markers in their order.
 * @param {Ink} ink
 * @param {Scene} scene
 * @returns {number} how many are not on the map
 */
export function drawMarkers(ink, scene) {
  let missing = 0;
  for (const marker of scene.config.markers) {
    const pixels = pixelsOf(marker, scene.view);
    if (!pixels.some((pixel) => scene.view.shows(pixel))) missing++;
    for (const pixel of pixels) drawOne(ink, scene, marker, pixel);
  }
  return missing;
}

/** @param {Marker} marker @param {import('./view.js').View} view @returns {Pixel[]} */
function pixelsOf({lng, lat}, view) {
  const [x, y] = flatOf([lng, lat]);
  // One copy more on each side: a marker just outside the map may reach into it.
  const shifts = view.copies(x, x);
  const first = shifts[0] ?? Math.ceil(view.box.left - x);
  const around = [first - 1, ...shifts, first + shifts.length];
  return around.flatMap((shift) => view.at([x + shift, y]) ?? []);
}

/** @param {Ink} ink @param {Scene} scene @param {Marker} marker @param {Pixel} at */
function drawOne(ink, {frame, view, palette, config, faces}, marker, at) {
  const size = marker.size * frame.scale;
  const {map} = view.frame;
  if (at.x < map.x - size || at.x > map.x + map.width + size) return;
  if (at.y < map.y - size || at.y > map.y + map.height + 1.2 * size) return;
  const {markerColor} = config.layers;
  const colour = marker.color ?? markerColor ?? palette.primary ?? palette.accent ?? palette.text;
  drawKind(ink, marker.type, size, at, colour);
  if (!marker.label.trim() || !view.shows(at)) return;
  const face = marker.labelStyle === 'vintage' ? faces.vintageLabels : faces.labels;
  const label = {
    text: marker.label, ...face, size: marker.labelSize * frame.scale, style: marker.labelStyle, colour: marker.labelColor,
  };
  drawLabel(ink, label, labelPlaces(marker, at, frame.scale), frame, palette);
}

/** Below the marker, or above it. @param {Marker} marker @param {Pixel} at @param {number} scale */
function labelPlaces({size, labelSize, type}, {x, y}, scale) {
  // A pin stands upon its place; the others lie around it.
  const [above, below] = [type === 'pin' ? size : size / 2, size / 2];
  return (/** @type {{lines: number, room: number}} */ {lines, room}) => [
    {x, y: y + (below + labelSize / 2 + GAP) * scale + room},
    {x, y: y - (above + labelSize / 2 + GAP) * scale - room - lines},
  ];
}
