import assert from 'node:assert/strict';
import {test} from 'node:test';

import {frameOf} from '../src/frame.js';
import {fitting, linesOf} from '../src/label.js';
import {format} from './factories.js';

const widthOf = (/** @type {string} */ text) => [...text].length * 10;
const FRAME = frameOf(format(), 2400, 3600);

test('a short label is one line, a long one is broken between its words', () => {
  assert.deepEqual(linesOf('Old harbour', 200, widthOf), ['Old harbour']);
  assert.deepEqual(linesOf('The house where we met', 110, widthOf), ['The house', 'where we', 'met']);
});

test('a word too long for a line is broken, and nothing of a label is lost', () => {
  const text = 'x'.repeat(1000);

  const lines = linesOf(text, 200, widthOf);

  assert.equal(lines.join(''), text);
  assert.ok(lines.every((line) => widthOf(line) <= 200));
});

test('a label that would leave the map is moved sideways onto it', () => {
  const {left} = fitting([{left: 60, top: 500, width: 300, height: 40}], FRAME);

  assert.equal(left, 120 + 4 * FRAME.scale);
});

test('a label with no room below goes above', () => {
  const below = {left: 1000, top: 3460, width: 300, height: 40};
  const above = {left: 1000, top: 3300, width: 300, height: 40};

  assert.deepEqual(fitting([below, above], FRAME), above);
});

test('on a round map a label stays within the circle', () => {
  const round = frameOf(format({maskShape: 'circular'}), 2400, 3600);

  const {left, top} = fitting([{left: 100, top: 1000, width: 300, height: 40}], round);

  assert.ok(Math.hypot(left - 1200, top - 1800) <= 1080);
});
