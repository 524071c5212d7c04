import assert from 'node:assert/strict';
import {test} from 'node:test';

import {clipLine, clipRing} from '../src/clip.js';

/** @typedef {[number, number]} P */
/** The unit square. @type {import('../src/clip.js').Side[]} */
const SQUARE = [([x]) => x, ([x]) => 1 - x, ([, y]) => y, ([, y]) => 1 - y];

test('a line inside stays as it is', () => {
  const line = /** @type {P[]} */ ([[0.1, 0.1], [0.5, 0.9], [0.9, 0.2]]);

  assert.deepEqual(clipLine(line, SQUARE), [line]);
});

test('a line that leaves and comes back has two parts', () => {
  const parts = clipLine([[0.5, 0.5], [1.5, 0.5], [1.5, 0.25], [0.5, 0.25]], SQUARE);

  assert.deepEqual(parts, [[[0.5, 0.5], [1, 0.5]], [[1, 0.25], [0.5, 0.25]]]);
});

test('a line with both ends outside is cut to what crosses', () => {
  assert.deepEqual(clipLine([[-1, 0.5], [3, 0.5]], SQUARE), [[[0, 0.5], [1, 0.5]]]);
  assert.deepEqual(clipLine([[-1, 0.5], [0.5, 2.5]], SQUARE), []);
});

test('an area larger than the sides becomes them', () => {
  const ring = clipRing([[-5, -5], [5, -5], [5, 5], [-5, 5]], SQUARE);

  assert.deepEqual(new Set(ring.map(String)), new Set(['0,0', '1,0', '1,1', '0,1']));
});

test('an area outside is nothing', () => {
  assert.deepEqual(clipRing([[2, 2], [3, 2], [3, 3]], SQUARE), []);
});
