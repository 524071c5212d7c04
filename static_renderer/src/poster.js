/** One poster, from the order to the delivered image: the story this page exists for. */

import {drawAttribution} from './attribution.js';
import {drawBackdrop} from './backdrop.js';
import {checkNotBlank} from './blank.js';
import {drawBorder, edgeOf} from './border.js';
import {cameraOf} from './camera.js';
import {drawCompass} from './compass.js';
import {within} from './deadline.js';
import {drawFinished} from './finish.js';
import {loadLabelFaces, useFont} from './fonts.js';
import {clipToMap, frameOf} from './frame.js';
import {missingFromLabels} from './label-scripts.js';
import {PosterMap} from './map.js';
import {drawMarker} from './marker.js';
import {drawOver, drawUnder, markFaces} from './marks.js';
import {notDrawn} from './not-drawn.js';
import {styleOf} from './own-style.js';
import {Relief} from './relief.js';
import {goneWithPaper, intoBleed, newSheet, withoutPaper} from './sheet.js';
import {drawTexture} from './texture.js';
import {coordinatesOf, elementsOf, place, subtitleOf, titleOf} from './typography.js';
import {View, levelGround} from './view.js';
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
 * @throws {import('./failure.js').Failure}
 */
export async function drawPoster(gateway, abilities) {
  const clock = new Clock();
  const order = await gateway.order();
  const {config, width, height, bleed, background, settleTimeoutMs} = order;
  const {style, palette, mapStyle} = styleOf(order, gateway);
  const paper = background === 'paper' ? palette.background : null;
  const relief = new Relief(config.layers);
  const preparing = Promise.all([
    creditOf(gateway, mapStyle), facesOf(config, style), loadLabelFaces(mapStyle), relief.find(gateway, settleTimeoutMs / 2),
  ]);
  const [tilesCredit, faces] = await within(settleTimeoutMs, 'credit or fonts', preparing);
  clock.lap('prepare');

  const frame = frameOf(config.format, width, height, bleed);
  const spread = intoBleed(frame);
  const camera = cameraOf(config, frame);
  const inRelief = relief.put(mapStyle, gateway, settleTimeoutMs);
  const map = new PosterMap(spread, camera, paper ? inRelief : withoutPaper(inRelief), gateway, abilities.maxTextureSize, relief);
  try {
    await map.settle(settleTimeoutMs, throttled((done, total) => gateway.progress('settling', done, total)));
    const foreignCredit = order.mapStyle ? await foreignCreditOf(map, tilesCredit) : '';
    clock.lap('settle');

    const {canvas, ink} = newSheet(frame, paper);
    ink.save();
    clipToMap(ink, spread);
    const drawn = map.drawInto(ink);
    checkNotBlank(drawn, palette.background, () => map.featureCount());
    if (style.finish && paper) drawFinished(ink, drawn, spread, style.finish, palette);
    ink.restore();
    const seen = map.camera();
    const project = (/** @type {[number, number]} */ at) => map.project(at);
    const view = config.layers.volumetricTerrain
      ? new View(levelGround(seen, spread), seen, spread, project) : new View(project, seen, spread);
    const scene = {config, frame, view, camera: seen, palette, paper, faces, center: map.project(config.location.center)};
    const [tiles, bounds] = [map.tiles(), map.bounds()];
    const credit = [tilesCredit, foreignCredit, relief.credit(bounds)].filter(Boolean).join(' ');
    const unwritten = {...missingOf(faces), mapLabels: missingFromLabels(map.labelText())};
    clock.lap('draw');

    const {words, untold} = drawAround(ink, scene, credit);
    // Not before: on 3D terrain, marks ask it how high the land is.
    map.remove();
    gateway.progress('drawn');
    clock.lap('compose');
    const image = await canvas.convertToBlob({type: 'image/png'});
    gateway.progress('encoded');
    clock.lap('encode');
    await gateway.deliver(image);
    clock.lap('deliver');

    return {
      width, height, ...abilities,
      style: order.mapStyle ? 'own' : style.id, palette: palette.id, attribution: credit,
      tiles, camera: seen,
      fonts: Object.values(faces).map(({font, weight, loaded}) => ({family: font, weight, loaded})),
      text: words.map(({role, lines, y, size}) =>
        ({role, text: lines.join('\n'), x: width / 2, y: y[0], sizePx: size})),
      timingsMs: clock.laps,
      warnings: [
        ...(paper ? [] : goneWithPaper(config.format, Boolean(style.finish))),
        ...notDrawn(config, seen.zoom), ...relief.warnings(bounds, seen.zoom), ...untold, ...moved(camera, seen),
        ...missingFonts(faces), ...missingGlyphs(unwritten),
      ],
    };
  } finally {
    map.remove();
    relief.close();
  }
}

/**
 * Draws everything that is not the map, in its order.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {import('./marks.js').Scene & {
 *   faces: Awaited<ReturnType<typeof facesOf>>, paper: string | null, center: {x: number, y: number}}} scene
 *   *paper*: its colour, null for none; *center*: where the place itself is on the poster
 * @param {string} credit
 */
function drawAround(ink, scene, credit) {
  const {config, frame, palette, paper, faces, center} = scene;
  const {typography, format, layers} = config;
  const untold = drawUnder(ink, scene);
  const words = place(elementsOf(config, frame.unit, faces), typography, frame, measureWith(ink));
  ink.save();
  // The map fades into the paper; where there is none, into nothing. Words keep clear ground so.
  if (!paper) ink.globalCompositeOperation = 'destination-out';
  drawBackdrop(ink, config, frame, words, palette.background);
  ink.restore();
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
  if (paper) drawTexture(ink, format, frame);
  if (layers.marker) {
    const colour = layers.markerColor ?? palette.primary ?? palette.accent ?? palette.text;
    drawMarker(ink, layers, frame, center, colour);
  }
  untold.push(...drawOver(ink, scene));
  drawAttribution(ink, credit, frame, palette);
  return {words, untold};
}

/**
 * Asks for the credit of our tiles, if *mapStyle* shows any, and loads Inter, in which it and the
 * compass rose are always drawn: otherwise their font would depend on what the page drew before.
 * @param {import('./gateway.js').Gateway} gateway
 * @param {import('maplibre-gl').StyleSpecification} mapStyle
 */
async function creditOf(gateway, mapStyle) {
  const shown = Object.values(mapStyle.sources).some((source) => 'url' in source && source.url === gateway.tilejsonUrl);
  const credit = shown ? await gateway.attribution() : '';
  await Promise.all([useFont('Inter', 400, credit || '©'), useFont('Inter', 700, 'NESW')]);
  return credit;
}

/**
 * What is owed to the hosts of one's own style, beyond *known*; known only once their TileJSON has come.
 * @param {PosterMap} map
 * @param {string} known
 */
async function foreignCreditOf(map, known) {
  const credit = map.credits().filter((each) => each !== known).join(' ');
  if (credit) await useFont('Inter', 400, credit);
  return credit;
}

/**
 * Loads the fonts of the three texts.
 * @param {PosterConfig} config
 * @param {import('../shared-styles/index.js').Style} style
 */
async function facesOf(config, style) {
  const {typography, location} = config;
  const own = style.recommendedFonts[0];
  const subtitleFont = typography.subtitleFont ?? own;
  const [title, subtitle, coordinates, marks] = await Promise.all([
    useFont(typography.titleFont ?? own, typography.titleWeight, titleOf(location.name, typography)),
    useFont(subtitleFont, typography.subtitleWeight, subtitleOf(location.city)),
    useFont(subtitleFont, 400, coordinatesOf(location.center)),
    markFaces(config, subtitleFont),
  ]);
  return {...marks, title, subtitle, coordinates};
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

/** @param {Awaited<ReturnType<typeof facesOf>>} faces */
function missingOf(faces) {
  return Object.fromEntries(Object.entries(faces).map(([role, {missing}]) => [role, missing]));
}

/** @param {Record<string, string[]>} unwritten by role @returns {import('./types.js').Warning[]} */
function missingGlyphs(unwritten) {
  return Object.entries(unwritten)
    .filter(([, characters]) => characters.length)
    .map(([role, characters]) => ({
      code: 'missing_glyphs',
      message: `No font has these characters of the ${role}: ${characters.map(named).join(', ')}.`,
      field: role,
      characters,
    }));
}

/** @param {string} character @returns {string} as Unicode numbers it: it cannot be shown */
function named(character) {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
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
