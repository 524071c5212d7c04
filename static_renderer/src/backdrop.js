/** What lies under the words so that they can be read: a band at an edge, or a plate in the middle. */

import {withAlpha} from '../shared-styles/index.js';

/** How opaque a band is where it is fullest, and the plate. */
const BAND = {subtle: 0.82, strong: 0.92};
const PLATE = {subtle: 0.78, strong: 0.95};

/** @typedef {import('./types.js').PosterConfig} PosterConfig */
/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {[at: number, alpha: number][]} Stops from the upper end of the band to the lower */

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {PosterConfig} config
 * @param {Frame} frame
 * @param {import('./typography.js').Placed[]} words
 * @param {string} paper
 */
export function drawBackdrop(ink, config, frame, words, paper) {
  const {textBackdrop: kind, position} = config.typography;
  if (kind === 'none' || !words.length) return;
  if (position === 'center' && kind !== 'gradient') {
    drawPlate(ink, kind, frame, words, config, paper);
    return;
  }
  const {top, height, stops} = bandOf(config, frame);
  const fade = ink.createLinearGradient(0, top, 0, top + height);
  for (const [at, alpha] of stops) fade.addColorStop(at, withAlpha(paper, alpha));
  ink.fillStyle = fade;
  const {width, height: whole, bleed} = frame;
  const above = top <= 0 ? bleed : 0;
  const below = top + height >= whole ? bleed : 0;
  ink.fillRect(-bleed, top - above, width + 2 * bleed, height + above + below);
}

/**
 * The band's place and its opacity from top to bottom.
 * @param {PosterConfig} config
 * @param {Frame} frame
 * @returns {{top: number, height: number, stops: Stops}}
 */
export function bandOf({typography, location}, frame) {
  const {textBackdrop: kind, position, backdropSharpness, backdropHeight, backdropAlpha} = typography;
  const tail = 1 - 0.95 * (backdropSharpness / 100);
  const height = Math.round(kind === 'gradient'
    ? (frame.height * backdropHeight) / 100
    : textHeight(typography, location.city, frame.unit));
  if (position === 'center') {
    /** @type {Stops} */
    const stops = [[0, 0], [tail / 2, 1], [1 - tail / 2, 1], [1, 0]];
    return {top: Math.round((frame.height - height) / 2), height, stops};
  }
  const downwards = kind === 'gradient' ? gradient(tail) : band(tail, BAND[kind === 'strong' ? 'strong' : 'subtle'] * backdropAlpha);
  if (position === 'bottom') return {top: frame.height - height, height, stops: downwards};
  return {top: 0, height, stops: downwards.map(([at, alpha]) => /** @type {[number, number]} */ ([1 - at, alpha]))};
}

/** @param {number} tail @returns {Stops} */
function gradient(tail) {
  return [[0, 0], [tail, 1], [1, 1]];
}

/** @param {number} tail @param {number} alpha @returns {Stops} */
function band(tail, alpha) {
  return [[0, 0], [0.6 * (1 - tail), alpha / 2], [1, alpha]];
}

/**
 * The height that the words need, whether they are shown or not.
 * @param {import('./types.js').Typography} typography
 * @param {string} city
 * @param {number} unit
 */
function textHeight({titleSize, subtitleSize}, city, unit) {
  return (2.5 * titleSize + (city ? 1.5 * subtitleSize : 0) + 6) * unit;
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {'subtle' | 'strong'} kind
 * @param {Frame} frame
 * @param {import('./typography.js').Placed[]} words
 * @param {PosterConfig} config
 * @param {string} paper
 */
function drawPlate(ink, kind, {width, height: whole, unit, scale}, words, {typography, location}, paper) {
  const height = Math.round(textHeight(typography, location.city, unit));
  const widest = Math.max(...words.map((word) => word.width + (word.role === 'subtitle' ? 0.16 * width : 0)));
  const wide = Math.min(0.9 * width, 1.2 * widest + 40);
  const top = Math.max(0, Math.round((whole - height) / 2));
  ink.save();
  if (kind === 'strong') {
    // Before the fill, or the shadow would be drawn again around every later stroke.
    ink.shadowColor = 'rgba(0, 0, 0, 0.15)';
    ink.shadowBlur = 25 * scale;
    ink.shadowOffsetY = 10 * scale;
  }
  ink.fillStyle = withAlpha(paper, PLATE[kind]);
  ink.beginPath();
  ink.roundRect((width - wide) / 2, top, wide, height, Math.round(0.2 * height));
  ink.fill();
  ink.restore();
}
