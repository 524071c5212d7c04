/** A small map of known colours: does this page's WebGL draw it right, and how fast? */

import {Failure} from './failure.js';
import {frameOf} from './frame.js';
import {PosterMap} from './map.js';

const [WIDTH, HEIGHT] = [1000, 1500];
const TIMEOUT_MS = 15000;
/** The first frame compiles shaders; of the others the quickest tells most. */
const FRAMES = 4;
const LAND = '#f0e8d8';
const WATER = '#336699';
const STREET = '#202020';
/** Degrees from street to street; at this zoom 29 pixels. */
const APART = 0.02;
const CAMERA = {center: /** @type {[number, number]} */ ([0, 0]), zoom: 10, bearing: 0, pitch: 0};
/** Where which colour must be, in pixels from the lower left corner: WebGL's own. */
const SEEN = [
  {x: 250, y: 750, colour: WATER},
  {x: 514, y: 750, colour: LAND},
  {x: 529, y: 750, colour: STREET},
];
/** Levels that rounding may make of difference. */
const NOISE = 2;

/**
 * Draws the map and returns the milliseconds of a frame.
 * @returns {Promise<number>}
 * @throws {Failure} `render_error` when a colour is not where it belongs
 */
export async function tryGl() {
  const frame = frameOf(/** @type {any} */ ({margin: 0, maskShape: 'rectangular'}), WIDTH, HEIGHT);
  const gateway = /** @type {any} */ ({named: (/** @type {string} */ url) => ({url})});
  const map = new PosterMap(frame, CAMERA, scene(), gateway, Math.max(WIDTH, HEIGHT), []);
  try {
    await map.settle(TIMEOUT_MS, () => {});
    map.enlarge();
    const times = Array.from({length: FRAMES}, () => timed(map));
    map.giveBack();
    return Math.min(...times.slice(1));
  } finally {
    map.remove();
  }
}

/** @param {PosterMap} map */
function timed(map) {
  const started = performance.now();
  const canvas = map.draw({x: 0, y: 0, width: WIDTH, height: HEIGHT});
  const gl = /** @type {WebGL2RenderingContext} */ (canvas.getContext('webgl2'));
  // To read is to wait until all of it is drawn.
  const colours = SEEN.map(({x, y}) => pixel(gl, x, y));
  const took = performance.now() - started;
  for (const [i, {x, y, colour}] of SEEN.entries()) {
    if (!isAlike(colours[i], colour)) {
      throw new Failure('render_error', `WebGL draws ${colours[i]} at ${x}, ${y}, where ${colour} belongs`);
    }
  }
  return took;
}

/** @param {WebGL2RenderingContext} gl @param {number} x @param {number} y */
function pixel(gl, x, y) {
  const levels = new Uint8Array(4);
  gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, levels);
  return `#${[...levels.slice(0, 3)].map((level) => level.toString(16).padStart(2, '0')).join('')}`;
}

/** @param {string} one @param {string} other both as #rrggbb */
function isAlike(one, other) {
  return [1, 3, 5].every((at) =>
    Math.abs(parseInt(one.slice(at, at + 2), 16) - parseInt(other.slice(at, at + 2), 16)) <= NOISE);
}

/** Water in the west, streets in the east. @returns {import('maplibre-gl').StyleSpecification} */
function scene() {
  const coast = [[-1, -1], [0, -1], [0, 1], [-1, 1], [-1, -1]];
  const streets = Array.from({length: 16}, (_, i) => APART * (i + 1)).flatMap((at) => [
    [[at, -1], [at, 1]], [[0, at], [1, at]], [[0, -at], [1, -at]],
  ]);
  return {
    version: 8,
    sources: {
      water: {type: 'geojson', data: {type: 'Polygon', coordinates: [coast]}},
      streets: {type: 'geojson', data: {type: 'MultiLineString', coordinates: streets}},
    },
    layers: [
      {id: 'land', type: 'background', paint: {'background-color': LAND}},
      {id: 'water', type: 'fill', source: 'water', paint: {'fill-color': WATER}},
      {id: 'streets', type: 'line', source: 'streets', paint: {'line-color': STREET, 'line-width': 4}},
    ],
  };
}
