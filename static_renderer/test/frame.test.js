import assert from 'node:assert/strict';
import {test} from 'node:test';

import {frameOf} from '../src/frame.js';
import {format} from './factories.js';

test('the map lies inside a margin measured in percent of the width', () => {
  const frame = frameOf(format({margin: 5}), 2400, 3600);

  assert.deepEqual(frame.map, {x: 120, y: 120, width: 2160, height: 3360});
  assert.deepEqual(frame.center, {x: 1200, y: 1800});
  assert.equal(frame.scale, 2.16);
  assert.equal(Math.round(frame.css.height * 100) / 100, 1555.56);
});

test('margins are rounded half up', () => {
  assert.equal(frameOf(format({margin: 0.5}), 900, 900).margin, 5);
});

test('a circular map has half the shorter side as its radius', () => {
  assert.equal(frameOf(format({maskShape: 'circular'}), 2400, 3600).radius, 1080);
});

test('even the largest margin leaves a map', () => {
  assert.deepEqual(frameOf(format({margin: 20}), 1000, 300).map, {x: 200, y: 200, width: 600, height: 1});
});

test('a compass rose stays on the poster, and moves nothing where the margin holds it', () => {
  const circle = {maskShape: /** @type {const} */ ('circular'), compassRose: true, borderStyle: /** @type {const} */ ('thin')};

  assert.equal(frameOf(format({...circle, margin: 5}), 2400, 3600).radius, 1080);
  const {radius} = frameOf(format({...circle, margin: 0}), 2400, 3600);
  assert.ok(radius !== null && radius < 1200 - 0.024 * 2400 && radius > 1100, `${radius}`);
});
