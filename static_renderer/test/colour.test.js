import assert from 'node:assert/strict';
import {test} from 'node:test';

import {contrast, darken, isDark, legible, mix, parse, saturate, withAlpha} from '../shared-styles/src/colour.js';

for (const [text, colour] of /** @type {const} */ ([
  ['#abc', {r: 170, g: 187, b: 204, a: 1}],
  ['#aabbcc', {r: 170, g: 187, b: 204, a: 1}],
  ['#aabbcc80', {r: 170, g: 187, b: 204, a: 128 / 255}],
  ['rgb(1, 2, 3)', {r: 1, g: 2, b: 3, a: 1}],
  ['rgba(100%, 0%, 50%, 0.5)', {r: 255, g: 0, b: 127.5, a: 0.5}],
  ['hsl(120, 100%, 50%)', {r: 0, g: 255, b: 0, a: 1}],
])) {
  test(`${text} is read`, () => assert.deepEqual(parse(text), colour));
}

for (const text of ['', '#12', '#ggg', 'rgb(1,2)', 'red;', 'url(x)']) {
  test(`${text || 'nothing'} is no colour`, () => assert.throws(() => parse(text), RangeError));
}

test('colours are mixed, darkened and saturated channel by channel', () => {
  assert.equal(mix('#000000', '#ffffff', 0.5), '#808080');
  assert.equal(darken('#646464', 0.25), '#4b4b4b');
  assert.equal(saturate('#808080', 0.5), '#808080');
  assert.equal(withAlpha('#ff0000', 0.4), 'rgba(255, 0, 0, 0.4)');
});

test('contrast is WCAG\'s', () => {
  assert.equal(contrast('#000', '#fff'), 21);
  assert.equal(Math.round(contrast('#777777', '#ffffff') * 100) / 100, 4.48);
});

test('a text becomes legible on any paper', () => {
  for (const paper of ['#ffffff', '#777777', '#000000', '#12294d']) {
    assert.ok(contrast(legible(paper, paper, 4.5), paper) >= 4.5, paper);
  }
});

test('dark papers are told from light ones', () => {
  assert.ok(isDark('#0a0a0b'));
  assert.ok(!isDark('#fbfaf7'));
});
