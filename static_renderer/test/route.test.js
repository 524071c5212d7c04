import assert from 'node:assert/strict';
import {test} from 'node:test';

import {arcBetween} from '../src/great-circle.js';
import {ringOf, segmentsOf} from '../src/marker-path.js';
import {flatOf, greatCircle, unwrapped} from '../src/route.js';
import {flatView, marker} from './factories.js';

const WORLD = {left: 0, right: 1, top: 0, bottom: 1};
/** @type {[number, number]} */
const PARIS = [2.3522, 48.8566];
/** @type {[number, number]} */
const NEW_YORK = [-74.006, 40.7128];
/** @type {[number, number]} */
const TOKYO = [139.7, 35.7];
/** @type {[number, number]} */
const SAN_FRANCISCO = [-122.4, 37.8];

for (const zoom of [1, 3, 6]) {
  test(`at zoom ${zoom} no piece is more than a pixel from its arc`, () => {
    const world = 512 * 2 ** zoom;
    for (const [from, to] of [[PARIS, NEW_YORK], [TOKYO, SAN_FRANCISCO], [PARIS, [-60, -30]], [[10, -40], [60, 40]]]) {
      const places = /** @type {[[number, number], [number, number]]} */ ([from, to]);
      const points = greatCircle(...places, flatOf(places[0])[0], {tolerance: 0.2 / world, longest: Infinity, box: WORLD});
      const {at} = arcBetween(...places);
      for (let share = 0; share <= 1; share += 1 / 997) {
        const off = world * distance(flatOf(at(share)), points);
        assert.ok(off < 0.5, `${off} px off at ${share}`);
      }
    }
  });
}

test('a street-level view of a long way costs few points', () => {
  const tiny = {left: 0.5065, right: 0.50651, top: 0.344, bottom: 0.34401};

  const points = greatCircle(PARIS, NEW_YORK, flatOf(PARIS)[0], {tolerance: 1e-10, longest: Infinity, box: tiny});

  assert.ok(points.length < 200, `${points.length}`);
});

test('over 3D terrain no piece in view is longer than asked', () => {
  const points = greatCircle([0, 10], [40, 10], flatOf([0, 10])[0], {tolerance: 1, longest: 0.001, box: WORLD});

  points.slice(1).forEach((b, i) => assert.ok(Math.hypot(b[0] - points[i][0], b[1] - points[i][1]) <= 0.001));
});

test('a way across the antimeridian goes on beyond it', () => {
  const points = greatCircle(TOKYO, SAN_FRANCISCO, flatOf(TOKYO)[0], {tolerance: 1e-3, longest: Infinity, box: WORLD});

  const xs = points.map(([x]) => x);
  assert.ok(xs[xs.length - 1] > 1 && xs[xs.length - 1] < 1.2, `${xs[xs.length - 1]}`);
  xs.slice(1).forEach((x, i) => assert.ok(x > xs[i] && x - xs[i] < 0.1));
});

test('a point goes to the copy of the world it is nearest in', () => {
  assert.deepEqual(unwrapped([0.05, 0.3], 0.98), [1.05, 0.3]);
  assert.deepEqual(unwrapped([0.95, 0.3], -0.9), [-1.05, 0.3].map((x, i) => (i ? x : 0.95 - 2)));
  assert.deepEqual(unwrapped([0.4, 0.3], 0.5), [0.4, 0.3]);
});

test('each segment goes on where the last one ended, around the world', () => {
  const stops = [[139, 35], [-122, 37], [-3, 40], [139, 35]].map(([lng, lat]) => marker({lng, lat}));

  const segments = segmentsOf(stops, flatView(), false);

  segments.slice(1).forEach((segment, i) => assert.equal(segment[0][0], segments[i][segments[i].length - 1][0]));
  const [first, last] = [segments[0][0], segments[2][segments[2].length - 1]];
  assert.ok(Math.abs(last[0] - first[0] - 1) < 1e-9, 'once around');
});

test('an area is closed with its last side, and one around a pole along the end of the world', () => {
  const square = [[0, 0], [10, 0], [10, 10], [0, 10]].map(([lng, lat]) => marker({lng, lat}));
  const polar = [[0, -70], [90, -70], [180, -70], [-90, -70]].map(([lng, lat]) => marker({lng, lat}));

  const ring = ringOf(segmentsOf(square, flatView(), true));
  const cap = ringOf(segmentsOf(polar, flatView(), true));

  assert.ok(Math.abs(ring[0][0] - ring[ring.length - 1][0]) < 1e-9);
  assert.deepEqual(cap.slice(-2).map(([, y]) => y), [1, 1]);
  assert.ok(Math.abs(Math.abs(cap[cap.length - 1][0] - cap[cap.length - 2][0]) - 1) < 1e-9);
});

/** @param {[number, number]} point @param {[number, number][]} line @returns {number} in any copy of the world */
function distance(point, line) {
  return Math.min(...[-1, 0, 1].map((shift) => Math.min(...line.slice(1).map((b, i) =>
    fromPiece([point[0] + shift, point[1]], line[i], b)))));
}

/** @param {[number, number]} p @param {[number, number]} a @param {[number, number]} b */
function fromPiece([x, y], a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const t = Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}
