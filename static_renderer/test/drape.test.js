import assert from 'node:assert/strict';
import {test} from 'node:test';

import {drapeSize} from '../src/drape.js';

const SCREEN = {tileSize: 512, wanted: 1, count: 12, maxSize: 16384};

test('a small poster keeps the map library\'s own textures', () => {
  assert.equal(drapeSize(SCREEN), 1024);
});

test('a larger one has finer ones, never coarser than its pixels', () => {
  assert.equal(drapeSize({...SCREEN, wanted: 2.66}), 2.75 * 512);
});

test('all of them together stay within memory', () => {
  const size = drapeSize({...SCREEN, wanted: 8, count: 20});

  assert.ok(20 * size * size <= 40e6, String(size));
  assert.ok(size > 1024);
});

test('no texture is larger than WebGL can hold', () => {
  assert.equal(drapeSize({...SCREEN, wanted: 8, count: 1, maxSize: 2048}), 2048);
  assert.equal(drapeSize({...SCREEN, wanted: 99, count: 0}), 4096);
});
