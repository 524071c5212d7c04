import assert from 'node:assert/strict';
import {test} from 'node:test';

import {frameOf} from '../src/frame.js';
import {broken, coordinatesOf, elementsOf, place} from '../src/typography.js';
import {config} from './factories.js';

const face = {family: 'Inter', weight: 400};
const faces = {title: face, subtitle: face, coordinates: face};

/** A face whose characters are all 0.6 em wide. @type {import('../src/typography.js').Measure} */
const measure = (text, {tracking}, size) => text.length * (0.6 + tracking) * size;

/** @param {Parameters<typeof config>[0]} given */
function placed(given) {
  const asked = config(given);
  const frame = frameOf(asked.format, 2400, 3600);
  return place(elementsOf(asked, frame.unit, faces), asked.typography, frame, measure);
}

for (const [position, title, subtitle, coordinates] of /** @type {const} */ ([
  ['bottom', 3174, 3279, 3340.5],
  ['top', 252, 357, 418.5],
  ['center', 1737, 1842, 1903.5],
])) {
  test(`the lines of a poster with its words at the ${position} stand where they always stood`, () => {
    assert.deepEqual(placed({typography: {position}}).map(({y}) => y[0]), [title, subtitle, coordinates]);
  });
}

test('a hidden text takes no space at the bottom', () => {
  const words = placed({typography: {showCoordinates: false}});

  assert.deepEqual(words.map(({role, y}) => [role, y[0]]), [['title', 3225], ['subtitle', 3330]]);
});

test('centred words without a subtitle have no gap for it', () => {
  const [title, coordinates] = placed({location: {city: ''}, typography: {position: 'center'}});

  assert.equal(coordinates.y[0] - title.y[0], 60 + 12 + 19.5);
  assert.equal(title.y[0] - 60, 3600 - (coordinates.y[0] + 19.5));
});

test('an empty title is not drawn', () => {
  assert.deepEqual(placed({location: {name: ' '}}).map(({role}) => role), ['subtitle', 'coordinates']);
});

test('a title a little too wide shrinks on its one line', () => {
  const [title] = placed({location: {name: 'X'.repeat(26)}});

  assert.equal(title.lines.length, 1);
  assert.ok(title.size < 120 && title.size > 84);
  assert.ok(title.width <= 1920);
});

test('a long title is broken between its words and stays within its width', () => {
  const [title, subtitle] = placed({location: {name: 'Llanfair by the long river under the high hill of the town'}});

  assert.ok(title.lines.length > 1);
  assert.ok(title.width <= 1920);
  assert.ok(title.y[title.y.length - 1] + title.size / 2 < subtitle.y[0] - subtitle.size / 2);
});

test('the offset moves all words by the same share of the height', () => {
  const moved = placed({typography: {offsetY: -10}});

  assert.deepEqual(moved.map(({y}) => y[0]), [3174 - 360, 3279 - 360, 3340.5 - 360]);
});

test('lines are broken where the widest of them is narrowest', () => {
  assert.deepEqual(broken('aa bb cccc', 2, (text) => text.length), ['aa bb', 'cccc']);
  assert.deepEqual(broken('one', 3, (text) => text.length), ['one']);
});

test('coordinates name latitude first, and zero is north and east', () => {
  assert.equal(coordinatesOf([-122.4194, 37.7749]), '37.77° N, 122.42° W');
  assert.equal(coordinatesOf([0, 0]), '0.00° N, 0.00° E');
  assert.equal(coordinatesOf([151.2, -33.9]), '33.90° S, 151.20° E');
});
