import assert from 'node:assert/strict';
import {test} from 'node:test';

import {capitals, directionOf, fallbackFamilies, isJoined} from '../src/scripts.js';

for (const [text, families] of /** @type {const} */ ([
  ['Reykjavík · Астана · Αθήνα', []],
  ['القاهرة', ['Noto Sans Arabic', 'Noto Naskh Arabic']],
  ['नई दिल्ली', ['Noto Sans Devanagari', 'Noto Serif Devanagari']],
  ['北京', ['Noto Sans CJK SC', 'Noto Serif CJK SC']],
  ['東京の港', ['Noto Sans CJK JP', 'Noto Serif CJK JP']],
  ['서울 (首爾)', ['Noto Sans CJK KR', 'Noto Serif CJK KR']],
  ['Fête 🎉', ['Noto Color Emoji']],
  ['ירושלים ❤️', ['Noto Sans Hebrew', 'Noto Serif Hebrew', 'Noto Color Emoji']],
])) {
  test(`what draws ${text}`, () => assert.deepEqual(fallbackFamilies(text), families));
}

test('beside a font with serifs stand others with serifs', () => {
  assert.equal(fallbackFamilies('東京の港', true)[0], 'Noto Serif CJK JP');
  assert.equal(fallbackFamilies('القاهرة', true)[0], 'Noto Naskh Arabic');
});

for (const [text, direction] of /** @type {const} */ ([
  ['Paris', 'ltr'], ['12', 'ltr'], ['', 'ltr'], ['Αθήνα', 'ltr'], ['東京', 'ltr'],
  ['القاهرة', 'rtl'], ['ירושלים', 'rtl'], ['(2024) דרך', 'rtl'], ['Dubai دبي', 'ltr'], ['دبي Dubai', 'rtl'],
])) {
  test(`"${text}" begins ${direction}`, () => assert.equal(directionOf(text), direction));
}

for (const text of ['القاهرة', 'नई', 'กรุงเทพ', 'မြန်မာ', 'ភ្នំពេញ', 'Dubai دبي', 'ᠮᠣᠩᠭᠣᠯ']) {
  test(`${text} keeps together`, () => assert.ok(isJoined(text)));
}

for (const text of ['Reykjavík', 'Йошкар-Ола', 'Αθήνα', 'ירושלים', '北京', '東京ー', '서울', 'თბილისი', '🎉 1', 'ªº']) {
  test(`${text} may be spaced`, () => assert.ok(!isJoined(text)));
}

test('Greek capitals have no tonos, and keep their diaeresis', () => {
  assert.equal(capitals('Αθήνα'), 'ΑΘΗΝΑ');
  assert.equal(capitals('Μαΐου'), 'ΜΑΪΟΥ');
});

test('other capitals are what they always were', () => {
  assert.equal(capitals('Istanbul, Straße, Йошкар-Ола'), 'ISTANBUL, STRASSE, ЙОШКАР-ОЛА');
});
