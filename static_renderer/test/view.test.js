import assert from 'node:assert/strict';
import {test} from 'node:test';

import {clipLine} from '../src/clip.js';
import {frameOf} from '../src/frame.js';
import {flatOf} from '../src/route.js';
import {View, levelGround, perspective} from '../src/view.js';
import {flatView, format} from './factories.js';

/** @type {[number, number]} */
const ASTANA = [71.43, 51.145];

test('a perspective takes the square to its corners', () => {
  const corners = [{x: 3, y: 1}, {x: 9, y: 2}, {x: 12, y: 8}, {x: 1, y: 7}];

  const rows = perspective(corners);

  [[0, 0], [1, 0], [1, 1], [0, 1]].forEach(([u, v], i) => {
    const [x, y, w] = rows.map(([a, b, c]) => a * u + b * v + c);
    assert.ok(Math.hypot(x / w - corners[i].x, y / w - corners[i].y) < 1e-12);
  });
});

for (const [pitch, bearing] of [[0, 0], [0, 200], [45, 30], [60, 300]]) {
  test(`places are where the camera sees them at pitch ${pitch}, bearing ${bearing}`, () => {
    const frame = frameOf(format(), 2400, 3600);
    const camera = {center: ASTANA, zoom: 12, pitch, bearing};
    const seen = levelGround(camera, frame);

    const view = new View(seen, camera, frame);

    for (const place of /** @type {[number, number][]} */ ([ASTANA, [71.45, 51.15], [71.4, 51.13], [71.6, 51.2]])) {
      const [found, wanted] = [view.at(flatOf(place)), seen(place)];
      assert.ok(found && Math.hypot(found.x - wanted.x, found.y - wanted.y) < 0.01, `${place}`);
    }
  });
}

test('what lies behind the camera is nowhere, and lines to it are cut', () => {
  const frame = frameOf(format(), 2400, 3600);
  const camera = {center: ASTANA, zoom: 12, pitch: 60, bearing: 0};
  const view = new View(levelGround(camera, frame), camera, frame);
  const behind = flatOf([71.43, 50]);

  assert.equal(view.at(behind), null);
  const [part] = clipLine([flatOf(ASTANA), behind], view.sides(0));
  const end = view.at(part[part.length - 1]);
  assert.ok(end && Math.abs(end.x - 1200) < 0.01 && Math.abs(end.y - 3480) < 0.01, JSON.stringify(end));
});

test('a map wider than the world shows the copies beyond its ends', () => {
  const view = flatView({zoom: 0, center: [71.43, 0]});

  assert.deepEqual(view.copies(0.99, 0.99), [-1, 0]);
  assert.deepEqual(view.copies(0.3, 0.3), [0, 1]);
  assert.deepEqual(flatView({zoom: 12, center: [71.43, 0]}).copies(0.3, 0.3), []);
});
