/** One poster, from the order to the delivered image: the story this page exists for. */

import {cameraOf} from './camera.js';
import {Composition} from './composition.js';
import {within} from './deadline.js';
import {loadLabelFaces, useFont} from './fonts.js';
import {frameOf} from './frame.js';
import {missingFromLabels} from './label-scripts.js';
import {PosterMap} from './map.js';
import {markFaces} from './marks.js';
import {notDrawn} from './not-drawn.js';
import {styleOf} from './own-style.js';
import {piecesOf} from './pieces.js';
import {Population} from './population.js';
import {Relief} from './relief.js';
import {goneWithPaper, intoBleed, withoutPaper} from './sheet.js';
import {coordinatesOf, subtitleOf, titleOf} from './typography.js';
import {View, levelGround} from './view.js';

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
  const {config, width, height, bleed, background, settleTimeoutMs, piecePixels} = order;
  const {style, palette, mapStyle} = styleOf(order, gateway);
  const paper = background === 'paper' ? palette.background : null;
  const [relief, population] = [new Relief(config.layers), new Population(config.layers)];
  const preparing = Promise.all([
    creditOf(gateway, mapStyle), facesOf(config, style), loadLabelFaces(mapStyle),
    relief.find(gateway, settleTimeoutMs / 2), population.find(gateway, settleTimeoutMs / 2),
  ]);
  const [tilesCredit, faces] = await within(settleTimeoutMs, 'credit or fonts', preparing);
  clock.lap('prepare');

  const frame = frameOf(config.format, width, height, bleed);
  const spread = intoBleed(frame);
  const camera = cameraOf(config, frame);
  const whole = population.put(relief.put(mapStyle, gateway, settleTimeoutMs, camera, spread.css));
  const extras = [relief, population];
  const map = new PosterMap(spread, camera, paper ? whole : withoutPaper(whole), gateway, abilities.maxTextureSize, extras);
  try {
    await map.settle(settleTimeoutMs, throttled((done, total) => gateway.progress('settling', done, total)));
    const foreignCredit = order.mapStyle ? await foreignCreditOf(map, tilesCredit) : '';
    clock.lap('settle');

    map.enlarge();
    const seen = map.camera();
    const project = (/** @type {[number, number]} */ at) => map.project(at);
    const view = config.layers.volumetricTerrain
      ? new View(levelGround(seen, spread), seen, spread, project) : new View(project, seen, spread);
    const [tiles, bounds] = [map.tiles(), map.bounds()];
    const credit = [tilesCredit, foreignCredit, relief.credit(bounds), population.credit(bounds)].filter(Boolean).join(' ');
    const unwritten = {...missingOf(faces), mapLabels: missingFromLabels(map.labelText())};
    const composition = new Composition({
      config, frame, view, camera: seen, palette, paper, faces, credit, map,
      finish: paper ? style.finish : undefined, center: map.project(config.location.center),
    });
    clock.lap('compose');

    const pieces = piecesOf(width + 2 * bleed, height + 2 * bleed, abilities.maxTextureSize, piecePixels);
    await drawPieces(composition, pieces, gateway, clock);
    const {words, untold} = composition;
    map.giveBack();

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
        ...notDrawn(config, seen.zoom), ...relief.warnings(bounds, seen.zoom), ...population.warnings(bounds),
        ...untold, ...moved(camera, seen), ...missingFonts(faces), ...missingGlyphs(unwritten),
      ],
    };
  } finally {
    map.remove();
    relief.close();
  }
}

/**
 * Draws all pieces and sends each while the next is drawn, so that at most two are in memory.
 * @param {Composition} composition
 * @param {import('./pieces.js').Box[]} pieces
 * @param {import('./gateway.js').Gateway} gateway
 * @param {Clock} clock
 */
async function drawPieces(composition, pieces, gateway, clock) {
  /** @type {Promise<unknown>} */
  let sent = Promise.resolve();
  for (const [n, piece] of pieces.entries()) {
    const canvas = composition.draw(piece);
    clock.lap('draw');
    await sent;
    clock.lap('deliver');
    sent = encoded(canvas).then((image) => gateway.deliver(image, piece));
    // Its failure is told where it is awaited; until then nobody else must hear of it.
    sent.catch(() => {});
    gateway.progress('drawing', n + 1, pieces.length);
  }
  composition.judge();
  gateway.progress('drawn');
  await sent;
  clock.lap('deliver');
  gateway.progress('encoded');
}

/** @param {OffscreenCanvas} canvas @returns {Promise<Blob>} */
function encoded(canvas) {
  return canvas.convertToBlob({type: 'image/png'});
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
    this.laps[name] = Math.round((this.laps[name] ?? 0) + now - this.#last);
    this.#last = now;
  }
}
