import assert from 'node:assert/strict';
import {test} from 'node:test';

import {styles} from '../shared-styles/index.js';
import {complaints} from '../tools/validate-styles.js';

const VECTOR = {type: 'vector', url: 'https://example.com/tiles.json'};

/** @param {object[]} layers @param {object} more */
const style = (layers, more = {}) => ({version: 8, sources: {'a.b': VECTOR}, layers, ...more});

/** @param {object} rest */
const line = (rest) => ({id: 'one', type: 'line', source: 'a.b', 'source-layer': 'x', ...rest});

test('our own styles have nothing wrong', () => {
  for (const {mapStyle} of styles) assert.deepEqual(complaints(mapStyle), []);
});

/** @type {[string, any, string, string][]} */
const CASES = [
  ['a missing source', style([line({source: 'c'})]), '/layers/0', 'style_source_missing'],
  ['an expression', style([line({paint: {'line-color': ['get']}})]), '/layers/0/paint/line-color', 'style_expression'],
  ['a part of one', style([line({paint: {'line-width': ['+', 1, ['get']]}})]), '/layers/0/paint/line-width/2', 'style_expression'],
  ['a filter', style([line({filter: ['==']})]), '/layers/0/filter', 'style_expression'],
  ['a colour', style([line({paint: {'line-color': 'redd'}})]), '/layers/0/paint/line-color', 'style_invalid'],
  ['a type', style([line({type: 'nope'})]), '/layers/0/type', 'style_invalid'],
  ['a second layer of one name', style([line({}), line({})]), '/layers/1', 'style_invalid'],
  ['a source with a dot', style([], {sources: {'a.b': {...VECTOR, minzoom: 'x'}}}), '/sources/a.b/minzoom', 'style_invalid'],
  ['a slash', style([], {sources: {'a/b': {...VECTOR, minzoom: 'x'}}}), '/sources/a~1b/minzoom', 'style_invalid'],
  ['a version', style([], {version: 7}), '/version', 'style_version'],
  ['what is no style', [], '', 'style_invalid'],
];

for (const [what, given, pointer, code] of CASES) {
  test(`${what} is found in its place`, () => {
    const [first] = complaints(given);
    assert.deepEqual([first.pointer, first.code], [pointer, code]);
    assert.ok(first.message && !first.message.startsWith('layers['));
  });
}

test('a thousand mistakes make a short list of short texts', () => {
  const found = complaints(style(Array.from({length: 1000}, () => line({paint: {'line-color': 'x'.repeat(9000)}}))));
  assert.equal(found.length, 20);
  assert.ok(found.every(({message}) => message.length <= 300));
});
