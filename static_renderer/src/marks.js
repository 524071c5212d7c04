/** What a config wants drawn over the map beside its own marker: in its order, and what came of it. */

import {drawMarkers} from './custom-markers.js';
import {useFont} from './fonts.js';
import {clipToMap} from './frame.js';
import {drawGraticule} from './graticule.js';
import {drawFill, drawLengths, drawPath} from './marker-path.js';
import {drawScaleBar, hasScaleBar} from './scale-bar.js';
import {drawWatermark} from './watermark.js';

/** Of everything that is a number with a unit. */
const DIGITS = '0123456789., °NESWkmc';
const NUMBER_FONT = 'Inter';
const VINTAGE_FONT = 'IM Fell English';

/** @typedef {OffscreenCanvasRenderingContext2D} Ink */
/** @typedef {import('./types.js').Warning} Warning */
/** @typedef {Awaited<ReturnType<typeof useFont>>} Face */
/**
 * @typedef {object} Scene everything that marks are drawn from
 * @property {import('./types.js').PosterConfig} config
 * @property {import('./types.js').Frame} frame
 * @property {import('./view.js').View} view its frame is the map's own, which may go on into a bleed
 * @property {import('./types.js').Camera} camera where the map looks
 * @property {import('../shared-styles/index.js').Palette} palette
 * @property {Record<string, Face>} faces
 */

/**
 * Loads the fonts that this config's marks need, by what they write.
 * @param {import('./types.js').PosterConfig} config
 * @param {string} subtitleFont
 * @returns {Promise<Record<string, Face>>}
 */
export async function markFaces({layers, markers, watermark}, subtitleFont) {
  const labels = (/** @type {boolean} */ vintage) => markers
    .filter(({label, labelStyle}) => label.trim() && (labelStyle === 'vintage') === vintage)
    .map(({label}) => label).join(' ');
  const numbered = layers.graticules || layers.showScale || layers.showSegmentLengths;
  /** @type {[string, string, number, string][]} */
  const wanted = [
    ['numbers', NUMBER_FONT, 600, numbered ? DIGITS : ''],
    ['labels', subtitleFont, 500, labels(false)],
    ['vintageLabels', VINTAGE_FONT, 400, labels(true)],
    ['watermark', NUMBER_FONT, 400, watermark],
  ];
  const loaded = wanted.filter(([, , , text]) => text.trim()).map(async ([role, font, weight, text]) =>
    /** @type {[string, Face]} */ ([role, await useFont(font, weight, text)]));
  return Object.fromEntries(await Promise.all(loaded));
}

/**
 * Draws what belongs to the map itself.
 * @param {Ink} ink
 * @param {Scene} scene
 * @returns {Warning[]}
 */
export function drawUnder(ink, scene) {
  const {graticules, graticuleDensity} = scene.config.layers;
  if (!graticules) return [];
  ink.save();
  clipToMap(ink, scene.view.frame);
  const {lines, step} = drawGraticule(ink, scene);
  ink.restore();
  if (lines && step === graticuleDensity) return [];
  const message = lines
    ? `Lines ${graticuleDensity}° apart would lie too close here; they were drawn ${step}° apart.`
    : `The map shows no line of a graticule of ${graticuleDensity}°.`;
  return [{code: lines ? 'graticule_coarser' : 'not_drawn', field: lines ? 'graticuleDensity' : 'graticules', message}];
}

/**
 * Draws markers and what they make together, scale bar and watermark.
 * @param {Ink} ink
 * @param {Scene} scene
 * @returns {Warning[]}
 */
export function drawOver(ink, scene) {
  const {config: {markers, watermark}, frame, view, palette} = scene;
  ink.save();
  clipToMap(ink, view.frame);
  drawFill(ink, scene);
  drawPath(ink, scene);
  drawLengths(ink, scene);
  const missing = drawMarkers(ink, scene);
  ink.restore();
  if (hasScaleBar(scene)) drawScaleBar(ink, scene);
  if (watermark.trim()) drawWatermark(ink, watermark, frame, palette);
  if (!missing) return [];
  const message = `${missing} of ${markers.length} markers are not on the map.`;
  return [{code: 'markers_not_in_view', field: 'markers', message, count: missing}];
}
