/** What a poster is made of, drawn piece by piece: sheet, map, and all that lies around the map. */

import {drawAttribution} from './attribution.js';
import {drawBackdrop} from './backdrop.js';
import {BlankCheck} from './blank.js';
import {drawBorder, edgeOf} from './border.js';
import {drawCompass} from './compass.js';
import {drawFinished, neededFor} from './finish.js';
import {clipToMap} from './frame.js';
import {drawMarker} from './marker.js';
import {drawOver, drawUnder} from './marks.js';
import {onMap} from './pieces.js';
import {newSheet} from './sheet.js';
import {drawTexture} from './texture.js';
import {elementsOf, place} from './typography.js';
import {drawWords, measureWith} from './words.js';

/** @typedef {import('./pieces.js').Box} Box */
/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/**
 * @typedef {import('./marks.js').Scene & {
 *   map: import('./map.js').PosterMap, finish: import('../shared-styles/index.js').Finish | undefined,
 *   faces: Parameters<typeof elementsOf>[2], paper: string | null,
 *   center: {x: number, y: number}, credit: string}} Whole
 *   *map*: enlarged; *finish*: how it is finished, if at all; *paper*: its colour, null for none;
 *   *center*: where the place itself is on the poster
 */

export class Composition {
  #whole;
  #blank;
  /** What could not be drawn. @type {import('./types.js').Warning[]} */
  untold = [];

  /** @param {Whole} whole */
  constructor(whole) {
    this.#whole = whole;
    this.#blank = new BlankCheck(whole.palette.background);
    const {config, frame, faces} = whole;
    const {ink} = newSheet(frame, null, {x: 0, y: 0, width: 1, height: 1});
    this.words = place(elementsOf(config, frame.unit, faces), config.typography, frame, measureWith(ink));
  }

  /** Draws a piece of the sheet. @param {Box} piece @returns {OffscreenCanvas} */
  draw(piece) {
    const {frame, paper} = this.#whole;
    const {canvas, ink} = newSheet(frame, paper, piece);
    this.#drawMap(ink, piece);
    this.#drawAround(ink);
    return canvas;
  }

  /** @throws {import('./failure.js').Failure} when all pieces together show no map */
  judge() {
    this.#blank.judge(() => this.#whole.map.featureCount());
  }

  /** @param {Ink} ink @param {Box} piece */
  #drawMap(ink, piece) {
    const {map, finish, view: {frame}, palette} = this.#whole;
    const box = onMap(piece, frame);
    if (!box) return;
    const needed = finish ? neededFor(box, frame, finish) : box;
    const drawn = map.draw(needed);
    ink.save();
    clipToMap(ink, frame);
    if (finish) drawFinished(ink, drawn, frame, finish, palette, box, needed);
    else ink.drawImage(drawn, frame.map.x + box.x, frame.map.y + box.y);
    ink.restore();
    this.#blank.look(drawn);
  }

  /** Draws everything that is not the map, in its order. @param {Ink} ink */
  #drawAround(ink) {
    const {config, frame, palette, paper, center, credit} = this.#whole;
    const {typography, format, layers} = config;
    const untold = drawUnder(ink, this.#whole);
    ink.save();
    // The map fades into the paper; where there is none, into nothing. Words keep clear ground so.
    if (!paper) ink.globalCompositeOperation = 'destination-out';
    drawBackdrop(ink, config, frame, this.words, palette.background);
    ink.restore();
    const haloed = typography.textBackdrop === 'subtle' || typography.textBackdrop === 'strong';
    drawWords(ink, this.words, frame, {
      text: typography.textColor ?? palette.text,
      halo: haloed ? palette.background : null,
    });
    const line = palette.accent ?? palette.text;
    drawBorder(ink, format, frame, line);
    if (format.compassRose) {
      drawCompass(ink, frame, edgeOf(format.borderStyle, frame.width), layers.buildings3DBearing, line);
    }
    if (paper) drawTexture(ink, format, frame);
    if (layers.marker) {
      const colour = layers.markerColor ?? palette.primary ?? palette.accent ?? palette.text;
      drawMarker(ink, layers, frame, center, colour);
    }
    untold.push(...drawOver(ink, this.#whole));
    drawAttribution(ink, credit, frame, palette);
    // The same for every piece.
    this.untold = untold;
  }
}
