import assert from 'node:assert/strict';
import {test} from 'node:test';

import {frameOf} from '../src/frame.js';
import {goneWithPaper, intoBleed, withoutPaper} from '../src/sheet.js';
import {format} from './factories.js';

test('a map without a margin goes on into the bleed at its own scale', () => {
  const frame = frameOf(format({margin: 0}), 2400, 3600, 36);
  const spread = intoBleed(frame);

  assert.deepEqual(spread.map, {x: -36, y: -36, width: 2472, height: 3672});
  assert.equal(spread.scale, frame.scale);
  assert.ok(Math.abs(spread.css.width * spread.scale - 2472) < 1e-6);
  assert.ok(Math.abs(spread.css.height * spread.scale - 3672) < 1e-6);
});

test('a map inside a margin or a circle has no part in the bleed', () => {
  for (const given of [{margin: 5}, {margin: 0, maskShape: /** @type {const} */ ('circular')}]) {
    const frame = frameOf(format(given), 2400, 3600, 36);
    assert.equal(intoBleed(frame), frame);
  }
});

test('without a bleed nothing changes', () => {
  const frame = frameOf(format({margin: 0}), 2400, 3600);

  assert.equal(frame.bleed, 0);
  assert.equal(intoBleed(frame), frame);
});

test('a map without paper keeps everything but its background', () => {
  const layers = [{id: 'a', type: 'background'}, {id: 'b', type: 'fill'}, {id: 'c', type: 'line'}];
  const style = /** @type {any} */ ({version: 8, sources: {}, layers});

  assert.deepEqual(withoutPaper(style).layers.map(({id}) => id), ['b', 'c']);
  assert.equal(style.layers.length, 3);
});

test('what goes with the paper is said', () => {
  assert.deepEqual(goneWithPaper(format(), false), []);
  assert.deepEqual(goneWithPaper(format({texture: 'canvas'}), true).map(({code}) => code),
    ['texture_not_drawn', 'effects_not_drawn']);
});
