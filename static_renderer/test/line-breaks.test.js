import assert from 'node:assert/strict';
import {test} from 'node:test';

import {linesOf} from '../src/label.js';
import {lineOf, piecesOf} from '../src/line-breaks.js';
import {broken} from '../src/typography.js';

const wordsIn = (/** @type {string} */ text) => piecesOf(text).map(({word}) => word);
const widthOf = (/** @type {string} */ text) => [...text].length;

test('words with spaces between them are left whole', () => {
  assert.deepEqual(wordsIn('Saint-Jean d’Angély  서울특별시'), ['Saint-Jean', 'd’Angély', '서울특별시']);
});

for (const text of ['กรุงเทพมหานครเมืองหลวง', '北京市朝阳区', '東京の「古い灯台」です。', 'New 東京 (新) Tower', 'ភ្នំពេញទីក្រុង']) {
  test(`nothing of ${text} is lost`, () => {
    assert.equal(lineOf(piecesOf(text)), text);
    assert.ok(piecesOf(text).length > 1);
  });
}

test('Thai is broken between its words', () => {
  assert.deepEqual(wordsIn('ภาษาไทยสวยงาม'), ['ภาษา', 'ไทย', 'สวยงาม']);
});

test('no line begins with what closes or ends with what opens', () => {
  for (const word of wordsIn('港、そして「海辺の灯台」へ（昔）。')) {
    assert.doesNotMatch(word, /^[、。」）]/);
    assert.doesNotMatch(word, /[「（]$/);
  }
});

test('titles and labels are broken there, without spaces', () => {
  assert.deepEqual(broken('ภาษาไทยสวยงาม', 2, widthOf), ['ภาษาไทย', 'สวยงาม']);
  assert.deepEqual(linesOf('ภาษาไทยสวยงาม', 8, widthOf), ['ภาษาไทย', 'สวยงาม']);
});
