import assert from 'node:assert/strict';
import {test} from 'node:test';

import {mercatorX, mercatorY} from '../src/camera.js';
import {density, fogBank} from '../src/fog-bank.js';

const CSS = {width: 1000, height: 1500};
/** @type {[number, number]} */
const RANGE = [0, 2];
const CAMERA = /** @type {import('../src/types.js').Camera} */ ({center: [10, 0], zoom: 12, bearing: 0, pitch: 55});

/** @param {Partial<import('../src/types.js').Camera>} given @param {[number, number]} [range] */
function bank(given = {}, range = RANGE) {
  return fogBank({...CAMERA, ...given}, CSS, range);
}

test('fog grows from nothing where it begins to all where it ends', () => {
  assert.equal(density(-1, RANGE), 0);
  assert.equal(density(0, RANGE), 0);
  assert.ok(density(2, RANGE) > 0.99 && density(9, RANGE) <= 1);
  const steps = [0.1, 0.5, 1, 1.5, 2].map((distance) => density(distance, RANGE));
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b));
});

test('where fog begins beyond all that is seen there is none', () => {
  assert.equal(bank({}, [3, 10]), null);
  assert.equal(bank({pitch: 0}, [0.5, 10]), null);
  assert.ok(bank({pitch: 60}, [0.5, 10]));
});

test('it is densest at the far edge', () => {
  const {rows} = /** @type {any} */ (bank());

  assert.deepEqual(rows, [...rows].sort((a, b) => b - a));
  assert.ok(rows[0] > 0.9);
  assert.equal(rows.at(-1), 0);
});

for (const [bearing, x, y] of [[0, 0, -1], [90, 1, 0], [180, 0, 1], [270, -1, 0], [45, 1, -1]]) {
  test(`looking ${bearing} degrees it lies ahead, across the whole view`, () => {
    const {corners} = /** @type {any} */ (bank({bearing}));
    const [farLeft, farRight, nearRight, nearLeft] = corners.map(
      (/** @type {number[]} */ [lng, lat]) => [mercatorX(lng), mercatorY(lat)]);
    const here = [mercatorX(10), mercatorY(0)];
    const [ahead, near] = [[farLeft, farRight], [nearLeft, nearRight]].map(([left, right]) => [
      (left[0] + right[0]) / 2 - here[0], (left[1] + right[1]) / 2 - here[1]]);
    const along = Math.hypot(x, y);

    assert.ok((ahead[0] * x + ahead[1] * y) / along > 0);
    assert.ok(Math.abs(ahead[0] * y - ahead[1] * x) < 1e-9);
    // The lower edge of the view lies behind its middle, and is seen all the same.
    assert.ok(near[0] * x + near[1] * y < 0);
    const wide = Math.hypot(farLeft[0] - farRight[0], farLeft[1] - farRight[1]);
    assert.ok(wide > (2 * CSS.width) / (512 * 2 ** 12));
  });
}

test('across the antimeridian its middle stays on the world', () => {
  for (const lng of [179.999, -179.999]) {
    const {corners} = /** @type {any} */ (bank({center: [lng, 0], bearing: 90}));
    const middle = corners.reduce((/** @type {number} */ sum, /** @type {number[]} */ [each]) => sum + each / 4, 0);
    assert.ok(middle >= -180 && middle < 180, String(middle));
  }
});
