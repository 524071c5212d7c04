import assert from 'node:assert/strict';
import {test} from 'node:test';

import {frameOf} from '../src/frame.js';
import {degreesText, inward, multiples, stepFor} from '../src/graticule.js';
import {format} from './factories.js';

test('lines keep the step asked for while they can be told apart', () => {
  assert.equal(stepFor(10, 360), 10);
  assert.equal(stepFor(7, 360), 7);
  assert.equal(stepFor(0.1, 2), 0.1);
});

test('lines too close are drawn at the next 1, 2 or 5', () => {
  assert.equal(stepFor(1, 360), 10);
  assert.equal(stepFor(0.001, 100), 2);
  assert.equal(stepFor(0.001, 0.2), 0.005);
});

test('multiples are exact, and include both ends', () => {
  assert.deepEqual(multiples(-20, 20, 10), [-20, -10, 0, 10, 20]);
  assert.deepEqual(multiples(71.2, 71.5, 0.1).map((x) => x.toFixed(3)), ['71.200', '71.300', '71.400', '71.500']);
  assert.deepEqual(multiples(1, 2, 5), []);
});

test('degrees have the decimals of their step', () => {
  assert.equal(degreesText(70, 10, 'EW'), '70° E');
  assert.equal(degreesText(-7.5, 2.5, 'EW'), '7.5° W');
  assert.equal(degreesText(51.250000000001, 0.05, 'NS'), '51.25° N');
  assert.equal(degreesText(-0.0000001, 0.1, 'NS'), '0.0°');
  assert.equal(degreesText(180, 10, 'EW'), '180°');
});

test('a label stands on its line, as near to the edge as all of it is on the map', () => {
  const frame = frameOf(format(), 2400, 3600);

  const top = inward({x: 600, y: 120}, {x: 600, y: 3480}, {x: 60, y: 13}, 20, frame);
  const left = inward({x: 120, y: 900}, {x: 2280, y: 900}, {x: 60, y: 13}, 20, frame);

  assert.ok(top && top.left === 540 && Math.abs(top.top - 140) <= 1.5, JSON.stringify(top));
  assert.ok(left && left.top === 887 && Math.abs(left.left - 140) <= 1.5, JSON.stringify(left));
});

test('on a round map a label stays within the circle', () => {
  const frame = frameOf(format({maskShape: 'circular'}), 2400, 3600);
  const x = 1200 - 800;
  const half = Math.sqrt(1080 ** 2 - 800 ** 2);

  const area = inward({x, y: 1800 - half}, {x, y: 1800 + half}, {x: 60, y: 13}, 20, frame);

  assert.ok(area && Math.hypot(area.left - 1200, area.top - 1800) <= 1060);
});

test('a line too short for its label has none', () => {
  const frame = frameOf(format(), 2400, 3600);

  assert.equal(inward({x: 120, y: 130}, {x: 140, y: 120}, {x: 60, y: 13}, 20, frame), null);
});
