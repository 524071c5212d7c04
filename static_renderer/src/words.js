/** Draws the placed texts, with their halo and the rules beside the subtitle. */

import {withAlpha} from '../shared-styles/index.js';

/** @typedef {import('./typography.js').Placed} Placed */
/** @typedef {import('./typography.js').Element} Element */

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @returns {import('./typography.js').Measure}
 */
export function measureWith(ink) {
  return (text, element, size) => {
    ink.save();
    setFont(ink, element, size);
    const {width} = ink.measureText(text);
    ink.restore();
    return width;
  };
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {Placed[]} placed
 * @param {import('./types.js').Frame} frame
 * @param {{text: string, halo: string | null}} colours *halo* null draws none
 */
export function drawWords(ink, placed, frame, colours) {
  for (const element of placed) {
    if (element.role === 'subtitle') drawRules(ink, element, frame, colours.text);
    ink.save();
    setFont(ink, element, element.size);
    ink.textAlign = 'center';
    ink.textBaseline = 'middle';
    ink.globalAlpha = element.opacity;
    element.lines.forEach((text, n) => {
      const at = /** @type {[number, number]} */ ([frame.width / 2, element.y[n]]);
      if (colours.halo) drawHalo(ink, text, at, element.size, colours.halo);
      ink.fillStyle = colours.text;
      ink.fillText(text, ...at);
    });
    ink.restore();
  }
}

/** @param {OffscreenCanvasRenderingContext2D} ink @param {Element} element @param {number} size */
function setFont(ink, {family, weight, tracking, direction}, size) {
  ink.font = `${weight} ${size}px ${family}`;
  ink.direction = direction;
  ink.letterSpacing = `${tracking * size}px`;
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {string} text
 * @param {[number, number]} at
 * @param {number} size
 * @param {string} colour
 */
function drawHalo(ink, text, [x, y], size, colour) {
  const r = Math.max(2, Math.round(0.025 * size));
  ink.fillStyle = colour;
  for (const dx of [-r, 0, r]) {
    for (const dy of [-r, 0, r]) {
      if (dx || dy) ink.fillText(text, x + dx, y + dy);
    }
  }
}

/**
 * Two short rules beside the subtitle; beside its middle when it has several lines.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {Placed} subtitle
 * @param {import('./types.js').Frame} frame
 * @param {string} colour
 */
function drawRules(ink, {y, width}, {width: whole, unit}, colour) {
  const middle = (y[0] + y[y.length - 1]) / 2;
  const inner = width / 2 + 1.6 * unit;
  const outer = inner + 4.8 * unit;
  ink.save();
  ink.strokeStyle = withAlpha(colour, 0.4);
  ink.lineWidth = Math.max(1, 0.15 * unit);
  for (const side of [-1, 1]) {
    ink.beginPath();
    ink.moveTo(whole / 2 + side * inner, middle);
    ink.lineTo(whole / 2 + side * outer, middle);
    ink.stroke();
  }
  ink.restore();
}
