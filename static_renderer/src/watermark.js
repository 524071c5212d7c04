/** A text at the poster's lower right, where the caller asked for one. */

import {withAlpha} from '../shared-styles/index.js';

import {familyList} from './fonts.js';

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {string} text
 * @param {import('./types.js').Frame} frame
 * @param {{text: string}} palette
 */
export function drawWatermark(ink, text, {width, height}, palette) {
  const size = Math.max(12, Math.round(0.015 * width));
  const padding = Math.max(20, Math.round(0.02 * width));
  const family = familyList('Inter', text);
  ink.save();
  ink.font = `400 ${size}px ${family}`;
  const factor = Math.min(1, (width - 2 * padding) / ink.measureText(text).width);
  ink.font = `400 ${size * factor}px ${family}`;
  ink.textAlign = 'right';
  ink.textBaseline = 'bottom';
  ink.fillStyle = withAlpha(palette.text, 0.5);
  ink.fillText(text, width - padding, height - padding);
  ink.restore();
}
