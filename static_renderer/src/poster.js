/** One poster, from the order to the delivered image: the story this page exists for. */

import {applyPalette, getStyleById} from '../shared-styles/index.js';

import {drawAttribution} from './attribution.js';
import {drawBackdrop} from './backdrop.js';
import {checkNotBlank} from './blank.js';
import {drawBorder, edgeOf} from './border.js';
import {cameraOf} from './camera.js';
import {drawCompass} from './compass.js';
import {within} from './deadline.js';
import {Failure} from './failure.js';
import {useFont} from './fonts.js';
import {clipToMap, frameOf} from './frame.js';
import {PosterMap} from './map.js';
import {drawMarker} from './marker.js';
import {notDrawn} from './not-drawn.js';
import {drawTexture} from './texture.js';
import {coordinatesOf, elementsOf, place, subtitleOf, titleOf} from './typography.js';
import {drawWords, measureWith} from './words.js';

/** How far the camera may be from where it was asked to be: rounding, in degrees and zoom levels. */
const SAME_PLACE = 1e-6;

/** @typedef {import('./types.js').PosterConfig} PosterConfig */
/** @typedef {import('./types.js').Frame} Frame */

/**
 * Draws and delivers the poster of *gateway*'s ticket.
 * @param {import('./gateway.js').Gateway} gateway
 * @param {{renderer: string, maxTextureSize: number, maplibre: string}} abilities
 * @returns {Promise<object>} the manifest: what was drawn and with what
 * @throws {Failure}
 */
export async function drawPoster(gateway, abilities) {
  const clock = new Clock();
  const {config, width, height, settleTimeoutMs} = await gateway.order();
  const {style, palette} = lookUp(config);
  const preparing = Promise.all([gateway.attribution(), facesOf(config, style)]);
  const [credit, faces] = await within(settleTimeoutMs, 'credit or fonts', preparing);
  clock.lap('prepare');

  const frame = frameOf(config.format, width, height);
  const camera = cameraOf(config, frame);
  const mapStyle = applyPalette(style, palette, config.layers);
  Object.assign(mapStyle.sources.openmaptiles, {url: gateway.tilejsonUrl});
  const map = new PosterMap(frame, camera, mapStyle, gateway, abilities.maxTextureSize);
  try {
    await map.settle(settleTimeoutMs, throttled((done, total) => gateway.progress('settling', done, total)));
    clock.lap('settle');

    const canvas = new OffscreenCanvas(width, height);
    // Drawn by the CPU: on a software GL a canvas on the "GPU" would only be copied to and fro.
    const ink = canvas.getContext('2d', {willReadFrequently: true, alpha: false});
    if (!ink) throw new Failure('canvas_clamped', `there is no canvas of ${width}x${height}`);
    ink.fillStyle = palette.background;
    ink.fillRect(0, 0, width, height);
    ink.save();
    clipToMap(ink, frame);
    checkNotBlank(map.drawInto(ink), palette.background, () => map.featureCount());
    ink.restore();
    const seen = map.camera();
    const center = map.project(config.location.center);
    const tiles = map.tiles();
    map.remove();
    clock.lap('draw');

    const words = drawAround(ink, config, frame, palette, faces, credit, center);
    gateway.progress('drawn');
    clock.lap('compose');
    const image = await canvas.convertToBlob({type: 'image/png'});
    gateway.progress('encoded');
    clock.lap('encode');
    await gateway.deliver(image);
    clock.lap('deliver');

    return {
      width, height, ...abilities,
      style: style.id, palette: palette.id, attribution: credit,
      tiles, camera: seen,
      fonts: Object.values(faces).map(({font, weight, loaded}) => ({family: font, weight, loaded})),
      text: words.map(({role, lines, y, size}) =>
        ({role, text: lines.join('\n'), x: width / 2, y: y[0], sizePx: size})),
      timingsMs: clock.laps,
      warnings: [...notDrawn(config, seen.zoom), ...moved(camera, seen), ...missingFonts(faces)],
    };
  } finally {
    map.remove();
  }
}

/**
 * Draws everything that is not the map, in its order.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {PosterConfig} config
 * @param {Frame} frame
 * @param {import('../shared-styles/index.js').Palette} palette
 * @param {Awaited<ReturnType<typeof facesOf>>} faces
 * @param {string} credit
 * @param {{x: number, y: number}} center where the place itself is on the poster
 */
function drawAround(ink, config, frame, palette, faces, credit, center) {
  const {typography, format, layers} = config;
  const words = place(elementsOf(config, frame.unit, faces), typography, frame, measureWith(ink));
  drawBackdrop(ink, config, frame, words, palette.background);
  const haloed = typography.textBackdrop === 'subtle' || typography.textBackdrop === 'strong';
  drawWords(ink, words, frame, {
    text: typography.textColor ?? palette.text,
    halo: haloed ? palette.background : null,
  });
  const line = palette.accent ?? palette.text;
  drawBorder(ink, format, frame, line);
  if (format.compassRose) {
    drawCompass(ink, frame, edgeOf(format.borderStyle, frame.width), layers.buildings3DBearing, line);
  }
  drawTexture(ink, format, frame);
  if (layers.marker) {
    const colour = layers.markerColor ?? palette.primary ?? palette.accent ?? palette.text;
    drawMarker(ink, layers, frame, center, colour);
  }
  drawAttribution(ink, credit, frame, palette);
  return words;
}

/** @param {PosterConfig} config */
function lookUp(config) {
  const style = getStyleById(config.style);
  if (!style) throw new Failure('style_error', `there is no style ${config.style}`);
  const id = config.palette || style.defaultPalette;
  const palette = style.palettes.find((each) => each.id === id);
  if (!palette) throw new Failure('style_error', `style ${style.id} has no palette ${id}`);
  return {style, palette};
}

/**
 * Loads the fonts of the three texts.
 * @param {PosterConfig} config
 * @param {import('../shared-styles/index.js').Style} style
 */
async function facesOf({typography, location}, style) {
  const own = style.recommendedFonts[0];
  const subtitleFont = typography.subtitleFont ?? own;
  const [title, subtitle, coordinates] = await Promise.all([
    useFont(typography.titleFont ?? own, typography.titleWeight, titleOf(location.name, typography)),
    useFont(subtitleFont, typography.subtitleWeight, subtitleOf(location.city)),
    useFont(subtitleFont, 400, coordinatesOf(location.center)),
  ]);
  return {title, subtitle, coordinates};
}

/** @param {Awaited<ReturnType<typeof facesOf>>} faces @returns {import('./types.js').Warning[]} */
function missingFonts(faces) {
  return Object.entries(faces)
    .filter(([, {loaded}]) => !loaded)
    .map(([role, {font}]) => ({
      code: 'font_fallback',
      message: `${font} has no character of the ${role}; another font was used.`,
      field: role,
    }));
}

/**
 * @param {import('./types.js').Camera} asked
 * @param {import('./types.js').Camera} seen
 * @returns {import('./types.js').Warning[]}
 */
function moved(asked, seen) {
  const apart = Math.max(
    Math.abs(asked.center[1] - seen.center[1]),
    Math.abs(asked.zoom - seen.zoom),
  );
  if (apart <= SAME_PLACE) return [];
  return [{
    code: 'camera_moved',
    message: 'The view asked for reaches beyond the end of the map; it was moved onto it.',
    camera: seen,
  }];
}

/** Calls *tell* at most five times a second. @param {(done: number, total: number) => void} tell */
function throttled(tell) {
  let last = -Infinity;
  return (/** @type {number} */ done, /** @type {number} */ total) => {
    const now = performance.now();
    if (now - last < 200) return;
    last = now;
    tell(done, total);
  };
}

/** The milliseconds between one lap and the next. */
class Clock {
  #last = performance.now();
  /** @type {Record<string, number>} */
  laps = {};

  /** @param {string} name */
  lap(name) {
    const now = performance.now();
    this.laps[name] = Math.round(now - this.#last);
    this.#last = now;
  }
}
