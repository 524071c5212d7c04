import assert from 'node:assert/strict';
import {test} from 'node:test';

import {heightOf} from '../src/texture.js';

const KINDS = /** @type {const} */ (['paper', 'canvas', 'grain']);

for (const kind of KINDS) {
  test(`${kind} is the same every time, within its range, and not flat`, () => {
    const [one, other] = [heightOf(kind), heightOf(kind)];
    const levels = Array.from({length: 4096}, (_, i) => [i % 64, Math.floor(i / 64)])
      .map(([x, y]) => [one(x, y), other(x, y)]);

    for (const [a, b] of levels) {
      assert.equal(a, b);
      assert.ok(a >= 0 && a <= 1);
    }
    assert.ok(Math.max(...levels.map(([a]) => a)) - Math.min(...levels.map(([a]) => a)) > 0.2);
  });

  test(`${kind} repeats without a seam`, () => {
    const height = heightOf(kind);
    for (let y = 0; y < 256; y += 7) assert.equal(height(0, y), height(256, y));
  });
}

test('the kinds differ', () => {
  const seen = KINDS.map((kind) => Array.from({length: 50}, (_, i) => heightOf(kind)(i, 3)).join());

  assert.equal(new Set(seen).size, 3);
});
