/**
 * What the poster is drawn on: paper or nothing, and a bleed beyond its edges that is cut off later.
 * Coordinates begin at the poster's corner, so with a bleed the canvas reaches into the negative.
 */

import {Failure} from './failure.js';

/** @typedef {import('./types.js').Frame} Frame */

/**
 * @param {Frame} frame
 * @param {string | null} paper its colour; null for none
 * @param {import('./pieces.js').Box} piece of the sheet, from its upper left corner
 * @returns {{canvas: OffscreenCanvas, ink: OffscreenCanvasRenderingContext2D}} *ink* draws in
 *   coordinates of the poster
 * @throws {Failure}
 */
export function newSheet({bleed}, paper, piece) {
  const canvas = new OffscreenCanvas(piece.width, piece.height);
  // Drawn by the CPU: on a software GL a canvas on the "GPU" would only be copied to and fro.
  const ink = canvas.getContext('2d', {willReadFrequently: true, alpha: paper === null});
  if (!ink) throw new Failure('canvas_clamped', `there is no canvas of ${canvas.width}x${canvas.height}`);
  if (paper !== null) {
    ink.fillStyle = paper;
    ink.fillRect(0, 0, canvas.width, canvas.height);
  }
  ink.translate(bleed - piece.x, bleed - piece.y);
  return {canvas, ink};
}

/**
 * The frame of the map as it is drawn: a map that reaches the poster's edges goes on into the bleed,
 * at the same scale and around the same middle.
 * @param {Frame} frame
 * @returns {Frame}
 */
export function intoBleed(frame) {
  const {map, margin, radius, bleed, scale} = frame;
  if (!bleed || margin > 0 || radius !== null) return frame;
  const [width, height] = [map.width + 2 * bleed, map.height + 2 * bleed];
  return {
    ...frame,
    map: {x: -bleed, y: -bleed, width, height},
    css: {width: width / scale, height: height / scale},
  };
}

/**
 * Lets one see through the map where nothing is drawn.
 * @param {import('maplibre-gl').StyleSpecification} style
 * @returns {import('maplibre-gl').StyleSpecification}
 */
export function withoutPaper(style) {
  return {...style, layers: style.layers.filter(({type}) => type !== 'background')};
}

/**
 * What belongs to the paper goes with it.
 * @param {import('./types.js').Format} format
 * @param {boolean} isFinished whether the style has a finishing pass
 * @returns {import('./types.js').Warning[]}
 */
export function goneWithPaper({texture}, isFinished) {
  const warnings = [];
  if (texture !== 'none') {
    const message = 'The texture is the paper\'s; without paper it is left out.';
    warnings.push({code: 'texture_not_drawn', message, field: 'texture'});
  }
  if (isFinished) {
    const message = 'The effects of this style are drawn on paper; without paper they are left out.';
    warnings.push({code: 'effects_not_drawn', message, field: 'style'});
  }
  return warnings;
}
