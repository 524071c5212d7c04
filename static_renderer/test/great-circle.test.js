import assert from 'node:assert/strict';
import {test} from 'node:test';

import {arcBetween, kilometres, lengthText} from '../src/great-circle.js';

/** @type {Record<string, [number, number]>} */
const CITY = {
  paris: [2.3522, 48.8566], newYork: [-74.006, 40.7128], tokyo: [139.6917, 35.6895],
  sanFrancisco: [-122.4194, 37.7749], sydney: [151.2093, -33.8688], santiago: [-70.6693, -33.4489],
};

for (const [from, to, km] of /** @type {[string, string, number][]} */ ([
  ['paris', 'newYork', 5837], ['tokyo', 'sanFrancisco', 8270], ['sydney', 'santiago', 11350],
])) {
  test(`${from} and ${to} are ${km} km apart`, () => {
    const found = kilometres(arcBetween(CITY[from], CITY[to]).angle);

    assert.ok(Math.abs(found / km - 1) < 0.002, `${found}`);
  });
}

test('an arc begins and ends at its places, and its parts are as long as their shares', () => {
  const {angle, at} = arcBetween(CITY.paris, CITY.newYork);

  close(at(0), CITY.paris);
  close(at(1), CITY.newYork);
  assert.ok(Math.abs(arcBetween(CITY.paris, at(0.3)).angle / angle - 0.3) < 1e-9);
});

test('the way from Paris to New York leads north of both', () => {
  assert.ok(arcBetween(CITY.paris, CITY.newYork).at(0.5)[1] > 51);
});

test('along the equator and along a meridian nothing leaves it', () => {
  close(arcBetween([10, 0], [50, 0]).at(0.25), [20, 0]);
  close(arcBetween([30, -20], [30, 60]).at(0.5), [30, 20]);
});

test('opposite places are joined over the pole, whichever way is as short', () => {
  const {angle, at} = arcBetween([20, 10], [-160, -10]);

  assert.ok(Math.abs(angle - Math.PI) < 1e-9);
  close(at(1), [-160, -10]);
  assert.ok(Math.abs(at(0.5)[1]) > 79 && Math.abs(at(0.5)[1]) < 81, `${at(0.5)}`);
  for (const x of arcBetween([0, 90], [0, -90]).at(0.5)) assert.ok(Number.isFinite(x));
});

test('no way at all has no length', () => {
  const {angle, at} = arcBetween(CITY.paris, CITY.paris);

  assert.equal(angle, 0);
  close(at(0.5), CITY.paris);
});

test('lengths have a decimal below ten kilometres', () => {
  assert.deepEqual([0.42, 9.94, 9.96, 10.4, 5837.4].map(lengthText), ['0.4 km', '9.9 km', '10 km', '10 km', '5837 km']);
});

/** @param {[number, number]} found @param {[number, number]} wanted */
function close(found, wanted) {
  assert.ok(Math.hypot(found[0] - wanted[0], found[1] - wanted[1]) < 1e-9, `${found} is not ${wanted}`);
}
