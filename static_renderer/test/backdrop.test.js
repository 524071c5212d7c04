import assert from 'node:assert/strict';
import {test} from 'node:test';

import {bandOf} from '../src/backdrop.js';
import {frameOf} from '../src/frame.js';
import {config} from './factories.js';

/** @param {object} typography @param {object} [location] */
function band(typography, location) {
  const asked = config({typography, location});
  return bandOf(asked, frameOf(asked.format, 2400, 3600));
}

test('a gradient covers its share of the height and is full below its tail', () => {
  assert.deepEqual(band({}), {top: 2340, height: 1260, stops: [[0, 0], [0.525, 1], [1, 1]]});
});

test('a band is as high as the words, with or without a city', () => {
  assert.equal(band({textBackdrop: 'strong'}).height, 534);
  assert.equal(band({textBackdrop: 'strong'}, {city: ''}).height, 444);
});

test('a band at the top is fullest at the top', () => {
  const {top, stops} = band({textBackdrop: 'subtle', position: 'top', backdropAlpha: 0.5});

  assert.equal(top, 0);
  assert.deepEqual(stops.map(([, alpha]) => alpha), [0, 0.205, 0.41]);
  assert.equal(stops[2][0], 0);
});

test('a gradient behind centred words fades both ways', () => {
  const {top, height, stops} = band({position: 'center'});

  assert.equal(top, (3600 - height) / 2);
  assert.deepEqual(stops.map(([at, alpha]) => [at.toFixed(9), alpha]),
    [...stops].reverse().map(([at, alpha]) => [(1 - at).toFixed(9), alpha]));
  assert.ok(stops.some(([, alpha]) => alpha === 1));
});
