/** The credit of the map's data: small, at the lower left, and legible on every palette. */

import {legible, mix} from '../shared-styles/index.js';

import {familyList} from './fonts.js';

/** WCAG's ratio for text. */
const CONTRAST = 4.5;

/**
 * Draws *credit*, on one line where it fits. It stands on the paper's colour where it lies on the
 * map, since a margin may be missing.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {string} credit
 * @param {import('./types.js').Frame} frame
 * @param {{background: string, text: string}} palette
 */
export function drawAttribution(ink, credit, {width, height}, palette) {
  const size = Math.max(8, Math.round(0.008 * width));
  const padding = Math.max(10, Math.round(0.01 * width));
  ink.save();
  ink.font = `400 ${size}px ${familyList('Inter', credit)}`;
  ink.textAlign = 'left';
  ink.textBaseline = 'bottom';
  ink.lineJoin = 'round';
  ink.lineWidth = Math.max(2, 0.3 * size);
  ink.strokeStyle = palette.background;
  ink.fillStyle = creditColour(palette);
  linesOf(ink, credit, width - 2 * padding).reverse().forEach((line, n) => {
    const y = height - padding - n * 1.3 * size;
    ink.strokeText(line, padding, y);
    ink.fillText(line, padding, y);
  });
  ink.restore();
}

/** As quiet as it may be on the palette's paper. @param {{background: string, text: string}} palette */
export function creditColour({text, background}) {
  return legible(mix(text, background, 0.45), background, CONTRAST);
}

/** @param {OffscreenCanvasRenderingContext2D} ink @param {string} text @param {number} widest @returns {string[]} */
function linesOf(ink, text, widest) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(' ')) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && ink.measureText(longer).width <= widest) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
