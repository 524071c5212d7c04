/** The poster's geometry: margin, the map's rectangle, and its size in CSS pixels. */

import {edgeOf} from './border.js';
import {compassReach} from './compass.js';

/** A poster looks like a preview this wide, at any size: style widths are CSS pixels of it. */
const CSS_WIDTH = 1000;

/**
 * @param {import('./types.js').Format} format
 * @param {number} width of the poster
 * @param {number} height
 * @param {number} [bleed]
 * @returns {import('./types.js').Frame}
 */
export function frameOf(format, width, height, bleed = 0) {
  const margin = Math.round((width * format.margin) / 100);
  const map = {
    x: margin,
    y: margin,
    width: Math.max(1, width - 2 * margin),
    height: Math.max(1, height - 2 * margin),
  };
  const scale = map.width / CSS_WIDTH;
  return {
    width,
    height,
    unit: width / 100,
    margin,
    bleed,
    map,
    center: {x: margin + map.width / 2, y: margin + map.height / 2},
    radius: format.maskShape === 'circular' ? radiusOf(format, map, width, height) : null,
    css: {width: CSS_WIDTH, height: map.height / scale},
    scale,
  };
}

/**
 * Half the shorter side, less what a compass rose needs to stay on the poster.
 * @param {import('./types.js').Format} format
 * @param {{width: number, height: number}} map
 * @param {number} width
 * @param {number} height
 */
function radiusOf({compassRose, borderStyle}, map, width, height) {
  const whole = Math.min(map.width, map.height) / 2;
  if (!compassRose) return whole;
  return Math.min(whole, Math.min(width, height) / 2 - compassReach(width) - edgeOf(borderStyle, width) / 2);
}

/**
 * Limits what is drawn from here on to the map's shape.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {import('./types.js').Frame} frame
 */
export function clipToMap(ink, {map, center, radius}) {
  ink.beginPath();
  if (radius === null) ink.rect(map.x, map.y, map.width, map.height);
  else ink.arc(center.x, center.y, radius, 0, 2 * Math.PI);
  ink.clip();
}
