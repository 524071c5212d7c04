/**
 * MapLibre's Map of this page, lent to one poster after another with its WebGL context, its compiled
 * shaders and its worker (docs/adr/0024). Between two posters it has no style and no listener of a
 * poster's, so nothing of the one is there for the next.
 */

import * as maplibregl from '../vendor/maplibre-gl/dist/maplibre-gl.mjs';

import {Crop} from './crop.js';

/**
 * Pixel ratio while tiles and labels arrive. Which tiles are needed and where labels stand depends
 * on CSS pixels only, so a frame before the last may be this cheap.
 */
const SETTLE_RATIO = 0.25;
/** How often a map that waits for tiles is painted, when it has to be. */
const PAINT_EVERY_MS = 500;
/** Where a new map looks. */
const NOWHERE = {
  center: /** @type {[number, number]} */ ([0, 0]), zoom: 0, bearing: 0, pitch: 0,
  padding: {top: 0, right: 0, bottom: 0, left: 0},
};

/** @typedef {import('maplibre-gl').Map} Map */
/** @typedef {{map: Map, crop: Crop}} Lent */

/** The one that nobody has. @type {Lent | null} */
let kept = null;

/**
 * Lends a map without a style. Who takes it gives it back, or throws it away after a failure.
 * @param {number} width in CSS pixels
 * @param {number} height
 * @returns {Lent}
 */
export function borrowMap(width, height) {
  const lent = kept && !isLost(kept.map) ? kept : newMap();
  kept = null;
  const {map} = lent;
  Object.assign(map.getContainer().style, {width: `${width}px`, height: `${height}px`});
  return lent;
}

/**
 * Makes the camera that of a new map. MapLibre keeps it on the map at each step to the next one, so
 * all have to come from the same place; call it when the map has its size.
 * @param {Map} map
 */
export function lookNowhere(map) {
  map.jumpTo(NOWHERE);
}

/** Takes back a map of which a poster was made, and everything off it. @param {Lent} lent */
export function giveBackMap(lent) {
  const {map, crop} = lent;
  paint(map);
  map.setTerrain(null);
  map.setStyle(null);
  map.setTransformRequest(null);
  crop.release();
  kept = lent;
}

/** Ends a map and its context. @param {Lent} lent */
export function throwAwayMap({map}) {
  const container = map.getContainer();
  map.remove();
  container.remove();
}

/**
 * Lets frames load tiles and place labels, but draw nothing: whoever waits for a map to settle does
 * not look at it.
 * @param {Map} map
 */
export function paintNothing(map) {
  map.painter.render = () => {};
}

/**
 * Lets frames draw, but few pixels and now and then: for 3D terrain, of which MapLibre loads the next
 * tiles by what it drew of those before. Each such frame is a quarter of a second on a software GL.
 * @param {Map} map
 */
export function paintSmall(map) {
  map.setPixelRatio(SETTLE_RATIO);
  const {painter} = map;
  const render = painter.render.bind(painter);
  let painted = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {typeof render} */
  const nowAndThen = (...given) => {
    const leftMs = painted + PAINT_EVERY_MS - performance.now();
    if (leftMs <= 0 || map.areTilesLoaded()) {
      painted = performance.now();
      return render(...given);
    }
    clearTimeout(timer);
    timer = setTimeout(() => painter.render === nowAndThen && map.triggerRepaint(), leftMs);
  };
  painter.render = nowAndThen;
}

/** Lets frames draw (again). @param {Map} map */
export function paint(map) {
  // What was set is the map's own; its class has the real one.
  Reflect.deleteProperty(map.painter, 'render');
}

/** @returns {Lent} */
function newMap() {
  const container = document.createElement('div');
  container.className = 'map';
  document.body.append(container);
  const map = new maplibregl.Map({
    container,
    pixelRatio: SETTLE_RATIO,
    // It is drawn in pieces, so no canvas is as large as the map (src/crop.js).
    maxCanvasSize: [Infinity, Infinity],
    // The ranges of the API, so that nothing asked for is clamped on the way.
    minZoom: -2,
    maxZoom: 24,
    interactive: false,
    attributionControl: false,
    trackResize: false,
    fadeDuration: 0,
    refreshExpiredTiles: false,
  });
  leaveOutEmptySky(map);
  return {map, crop: new Crop(map)};
}

/**
 * MapLibre draws the sky of each map, also where it is transparent: a shader for every pixel that
 * changes none. On a software GL it is half of a poster's frame.
 * @param {Map} map
 */
function leaveOutEmptySky({painter}) {
  const {sky} = painter.drawFunctions;
  painter.drawFunctions = {
    ...painter.drawFunctions,
    sky: (mesh, context) => {
      const {'sky-color': above, 'horizon-color': horizon} = context.data.sky ?? {};
      if (above?.a || horizon?.a) sky(mesh, context);
    },
  };
}

/** @param {Map} map */
function isLost(map) {
  return map.painter.context.gl.isContextLost();
}

// Otherwise MapLibre's worker ends with every map that loses its style.
maplibregl.prewarm();
