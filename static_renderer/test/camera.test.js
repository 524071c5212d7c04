import assert from 'node:assert/strict';
import {test} from 'node:test';

import {cameraOf, fitted} from '../src/camera.js';
import {frameOf} from '../src/frame.js';
import {config} from './factories.js';

const frame = frameOf(config().format, 2400, 3600);

/** @param {number} lat */
function around(lat) {
  return /** @type {[[number, number], [number, number]]} */ ([[-0.1, lat - 0.1], [0.1, lat + 0.1]]);
}

test('without bounds, centre and zoom are what was asked for', () => {
  const asked = config({location: {zoom: 13.4}, layers: {buildings3DPitch: 45, buildings3DBearing: 30}});

  assert.deepEqual(cameraOf(asked, frame), {center: [71.43, 51.145], zoom: 13.4, bearing: 30, pitch: 45});
});

for (const [lat, zoom] of [[0, 11.78], [37.8, 11.78], [51.5, 11.73], [60, 11.42]]) {
  test(`a tenth of a degree around latitude ${lat} is shown at zoom ${zoom}`, () => {
    assert.equal(Math.round(fitted(around(lat), frame.css, 0).zoom * 100) / 100, zoom);
  });
}

test('bounds are centred in Mercator, not in degrees', () => {
  const {center} = fitted([[0, 0], [10, 60]], frame.css, 0);

  assert.deepEqual(center.map((degrees) => degrees.toFixed(4)), ['5.0000', '35.2644']);
});

for (const [name, west, east] of /** @type {[string, number, number][]} */ ([
  ['west greater than east', 170, -172], ['east beyond 180 degrees', 170, 188], ['west beyond -180 degrees', -190, -172],
])) {
  test(`bounds across the antimeridian are as wide as they are: ${name}`, () => {
    const {center, zoom} = fitted([[west, 0], [east, 10]], frame.css, 0);
    const same = fitted([[0, 0], [18, 10]], frame.css, 0);

    assert.ok(Math.abs(zoom - same.zoom) < 1e-9);
    assert.ok(Math.abs(center[0] - 179) < 1e-9);
  });
}

test('a quarter turn swaps the sides that bounds must fit', () => {
  const wide = /** @type {[[number, number], [number, number]]} */ ([[-1, -0.1], [1, 0.1]]);

  assert.ok(fitted(wide, frame.css, 90).zoom > fitted(wide, frame.css, 0).zoom);
});
