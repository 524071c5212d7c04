/** A map that shows nothing is a failure, never a poster. */

import {parse} from '../shared-styles/index.js';

import {Failure} from './failure.js';

/** A piece is looked at on so many columns; a street still tints its cell. */
const COLUMNS = 128;
/** Differences up to this many levels are rounding, not drawing. */
const NOISE = 2;

export class BlankCheck {
  #paper;
  /** @type {number[] | null} */
  #first = null;
  #isOne = true;

  /** @param {string} paper the colour of a map without anything on it */
  constructor(paper) {
    this.#paper = paper;
  }

  /** Looks at one more piece of the map. @param {HTMLCanvasElement} canvas */
  look(canvas) {
    if (!this.#isOne) return;
    const {first, span} = extent(sample(canvas, this.#paper));
    this.#first ??= first;
    this.#isOne = span <= NOISE && isAlike(first, this.#first);
  }

  /**
   * Judges all that was looked at.
   * @param {() => number} featureCount dear, so asked only in doubt
   * @throws {Failure} `map_blank` when there is nothing to draw, `render_error` when it was not drawn
   */
  judge(featureCount) {
    if (!this.#isOne || !this.#first) return;
    const count = featureCount();
    if (count === 0) throw new Failure('map_blank', 'no feature of the map is in view');
    const {r, g, b} = parse(this.#paper);
    // One colour may be right: open water, or a wood. Bare paper under features is not.
    if (isAlike([r, g, b], this.#first)) throw new Failure('render_error', `${count} features are in view and none was drawn`);
  }
}

/** @param {number[]} one @param {number[]} other */
function isAlike(one, other) {
  return one.every((level, i) => Math.abs(level - other[i]) <= NOISE);
}

/** @param {HTMLCanvasElement} canvas @param {string} paper */
function sample(canvas, paper) {
  const rows = Math.max(1, Math.round((COLUMNS * canvas.height) / canvas.width));
  const small = new OffscreenCanvas(COLUMNS, rows);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext('2d', {willReadFrequently: true}));
  // A map without paper of its own is looked at on paper: black ink on nothing is black on black.
  ink.fillStyle = paper;
  ink.fillRect(0, 0, COLUMNS, rows);
  ink.imageSmoothingQuality = 'high';
  ink.drawImage(canvas, 0, 0, COLUMNS, rows);
  return ink.getImageData(0, 0, COLUMNS, rows).data;
}

/** @param {Uint8ClampedArray} pixels RGBA */
export function extent(pixels) {
  const first = [pixels[0], pixels[1], pixels[2]];
  let span = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    for (let c = 0; c < 3; c++) span = Math.max(span, Math.abs(pixels[i + c] - first[c]));
  }
  return {first, span};
}
