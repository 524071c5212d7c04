import assert from 'node:assert/strict';
import {test} from 'node:test';

import {counted, moved} from '../src/crop.js';
import {neededFor} from '../src/finish.js';
import {frameOf} from '../src/frame.js';
import {onMap, piecesOf} from '../src/pieces.js';
import {format} from './factories.js';

/** Numbers from 0 to 1, the same on every run. */
function* chance() {
  for (let seed = 1; ; seed = (seed * 48_271) % 2_147_483_647) yield seed / 2_147_483_647;
}

const random = chance();

/** @param {number} low @param {number} high */
function between(low, high) {
  return low + Math.floor(Number(random.next().value) * (high - low));
}

test('whatever is divided, the pieces are all of it and none lies on another', () => {
  for (let n = 0; n < 500; n++) {
    const [width, height] = [between(64, 22_000), between(64, 22_000)];
    const [longest, most] = [between(2000, 16_384), between(250_000, 33_177_600)];
    const told = `${width}x${height}, ${longest} a side, ${most}`;

    const pieces = piecesOf(width, height, longest, most);

    const rows = [...new Set(pieces.map(({y}) => y))];
    for (const [i, y] of rows.entries()) {
      const row = pieces.filter((piece) => piece.y === y);
      for (const [j, piece] of row.entries()) {
        assert.equal(piece.x + piece.width, row[j + 1]?.x ?? width, told);
        assert.equal(piece.y + piece.height, rows[i + 1] ?? height, told);
      }
      assert.equal(row[0].x, 0, told);
    }
    assert.equal(rows[0], 0, told);
    for (const {x, y, width: wide, height: high} of pieces) {
      assert.ok(Math.max(wide, high) <= longest && wide * high <= most, told);
      assert.ok(x % 2 === 0 && y % 2 === 0, told);
    }
  }
});

test('what may be drawn at once is one piece', () => {
  assert.deepEqual(piecesOf(2400, 3600, 16_384, 9e6), [{x: 0, y: 0, width: 2400, height: 3600}]);
  assert.deepEqual(piecesOf(3000, 3000, 3000, 9e6), [{x: 0, y: 0, width: 3000, height: 3000}]);
});

test('a large poster is drawn in few, squarish pieces', () => {
  const pieces = piecesOf(14_400, 21_600, 16_384, 9e6);

  assert.ok(pieces.length <= 36);
  for (const {width, height} of pieces) assert.ok(width / height > 0.6 && width / height < 1.6);
});

test('a piece shows of the map what lies on it', () => {
  const frame = frameOf(format({margin: 5}), 1000, 1500);

  assert.deepEqual(onMap({x: 0, y: 0, width: 1000, height: 1500}, frame), {x: 0, y: 0, width: 900, height: 1400});
  assert.deepEqual(onMap({x: 500, y: 700, width: 500, height: 800}, frame), {x: 450, y: 650, width: 450, height: 750});
  assert.equal(onMap({x: 0, y: 0, width: 50, height: 1500}, frame), null);
  assert.equal(onMap({x: 0, y: 1450, width: 1000, height: 50}, frame), null);
});

test('a bleed moves the map on the sheet', () => {
  const frame = {...frameOf(format({margin: 5}), 1000, 1500), bleed: 20};

  assert.deepEqual(onMap({x: 0, y: 0, width: 100, height: 100}, frame), {x: 0, y: 0, width: 30, height: 30});
});

test('a finish sees around its piece, in squares that all pieces share', () => {
  const frame = frameOf(format({margin: 0}), 1000, 1500);
  const box = {x: 400, y: 0, width: 301, height: 700};

  assert.deepEqual(neededFor(box, frame, {grain: 1}), {x: 399, y: 0, width: 303, height: 701});
  const {x, y, width, height} = neededFor(box, frame, {bloom: 0.5, bloomSize: 10, wobble: 3});
  assert.deepEqual([x % 16, y, (x + width) % 16], [0, 0, 0]);
  assert.ok(x <= 400 - 32 && x + width >= 701 + 32 && height >= 700 + 32);
  const whole = {x: 0, y: 0, width: 1000, height: 1500};
  assert.deepEqual(neededFor(whole, frame, {bloom: 0.5}), whole);
});

test('a vertex shader ends on the piece, a fragment shader counts from the whole map', () => {
  const vertex = moved('#version 300 es\nvoid main(void) {a();}');

  assert.match(vertex, /void poster_main\(\) {a\(\);}[^]*void main\(\) {\s*poster_main\(\);/);
  assert.throws(() => moved('void other() {}'), /no main/);
  assert.equal(counted('#version 300 es\nvoid main() {}'), '#version 300 es\nvoid main() {}');
  assert.match(
    counted('#version 300 es\nfloat x = gl_FragCoord.x;'),
    /^#version 300 es\n\nlayout[^]*\(gl_FragCoord \+ vec4\(poster_origin/,
  );
});
