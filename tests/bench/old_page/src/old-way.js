/**
 * The existing web app's way to a poster, rebuilt from its description: the map is settled at full
 * resolution with a kept drawing buffer, copied onto a canvas, and handed over as a data URL.
 */

import * as maplibregl from '../vendor/maplibre-gl/dist/maplibre-gl.mjs';
import {applyPalette, getStyleById} from '../shared-styles/index.js';

/** Its headless map is so many CSS pixels wide at any size. */
const CSS_WIDTH = 1000;
const LARGEST = 16384;

/**
 * @param {{config: object, width: number, height: number}} wanted
 * @returns {Promise<{image: string, renderer: string, timingsMs: object}>} the PNG as a data URL
 */
async function drawPoster({config, width, height}) {
  const begun = performance.now();
  const style = getStyleById(config.style);
  const palette = style.palettes.find(({id}) => id === (config.palette || style.defaultPalette));
  const faces = Promise.allSettled(['800', '400'].map((weight) => document.fonts.load(`${weight} 20px Inter`)));
  const map = newMap(withOurTiles(applyPalette(style, palette, config.layers)), config, width, height);
  try {
    await settled(map);
    await faces;
    const atRest = performance.now();
    const sheet = document.createElement('canvas');
    Object.assign(sheet, {width, height});
    const ink = sheet.getContext('2d');
    ink.fillStyle = palette.background;
    ink.fillRect(0, 0, width, height);
    ink.drawImage(map.getCanvas(), 0, 0);
    drawBackdrop(ink, palette.background, config.typography, width, height);
    drawWords(ink, config, palette, width, height);
    const drawn = performance.now();
    const image = sheet.toDataURL('image/png');
    return {
      image, renderer: rendererOf(map),
      timingsMs: {settle: atRest - begun, draw: drawn - atRest, encode: performance.now() - drawn},
    };
  } finally {
    const {parentNode} = map.getContainer();
    map.remove();
    parentNode.replaceChildren();
  }
}

function withOurTiles(style) {
  const {openmaptiles} = style.sources;
  const layers = style.layers.filter(({layout, source}) =>
    layout?.visibility !== 'none' && (source ?? 'openmaptiles') === 'openmaptiles');
  const url = new URL('/tiles/openmaptiles.json', location.origin).href;
  return {...style, sources: {openmaptiles: {...openmaptiles, url}}, layers};
}

function newMap(style, {location: place, layers}, width, height) {
  const scale = width / CSS_WIDTH;
  const hidden = document.createElement('div');
  const box = document.createElement('div');
  Object.assign(hidden.style, {position: 'absolute', left: '-99999px'});
  Object.assign(box.style, {width: `${CSS_WIDTH}px`, height: `${height / scale}px`});
  hidden.append(box);
  document.body.append(hidden);
  return new maplibregl.Map({
    container: box,
    style,
    center: place.center,
    zoom: place.zoom,
    pitch: layers.buildings3DPitch,
    bearing: layers.buildings3DBearing,
    pixelRatio: scale,
    interactive: false,
    attributionControl: false,
    trackResize: false,
    fadeDuration: 0,
    maxCanvasSize: [LARGEST, LARGEST],
    canvasContextAttributes: {preserveDrawingBuffer: true},
  });
}

/** Waits for `idle`, two frames, a look whether all is there, one more frame and the same look. */
async function settled(map) {
  await new Promise((resolve, reject) => {
    map.once('idle', resolve);
    map.on('error', ({error}) => reject(error));
  });
  for (const frames of [2, 1]) {
    for (let i = 0; i < frames; i++) await new Promise(requestAnimationFrame);
    const {sources} = map.getStyle();
    const isThere = map.loaded() && map.areTilesLoaded() && Object.keys(sources).every((id) => map.isSourceLoaded(id));
    if (!isThere) throw new Error('the map was idle but not loaded');
  }
}

function drawBackdrop(ink, paper, {backdropHeight}, width, height) {
  const top = height - Math.round((height * backdropHeight) / 100);
  const fade = ink.createLinearGradient(0, top, 0, height);
  fade.addColorStop(0, `${paper}00`);
  fade.addColorStop(0.525, paper);
  ink.fillStyle = fade;
  ink.fillRect(0, top, width, height - top);
}

function drawWords(ink, {location: place, typography}, palette, width, height) {
  const unit = width / 100;
  const {titleSize, subtitleSize, titleWeight} = typography;
  const [lng, lat] = place.center;
  const side = (value, plus, minus) => `${Math.abs(value).toFixed(2)}° ${value < 0 ? minus : plus}`;
  const lines = [
    [`${side(lat, 'N', 'S')}, ${side(lng, 'E', 'W')}`, 0.65 * subtitleSize, 400, 0.1, 0.6],
    [place.city.toUpperCase(), subtitleSize, 400, 0.2, 0.9],
    [place.name.toUpperCase(), titleSize, titleWeight, 0.08, 1],
  ];
  let y = height - 5 * unit;
  ink.textAlign = 'center';
  ink.textBaseline = 'middle';
  ink.fillStyle = palette.text;
  for (const [text, size, weight, tracking, alpha] of lines) {
    const px = size * unit;
    ink.font = `${weight} ${px}px Inter, sans-serif`;
    ink.letterSpacing = `${tracking * px}px`;
    ink.globalAlpha = alpha;
    ink.fillText(text, width / 2, y - px / 2);
    y -= px + unit / 2;
  }
  ink.letterSpacing = '0px';
  ink.globalAlpha = 0.4;
  ink.font = `${0.8 * unit}px sans-serif`;
  ink.textAlign = 'left';
  ink.fillText('© OpenMapTiles © OpenStreetMap contributors', unit, height - unit);
}

function rendererOf(map) {
  const gl = map.getCanvas().getContext('webgl2');
  const about = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

Object.assign(window, {drawPoster});
