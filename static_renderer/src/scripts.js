/** What follows from the scripts a text is written in: fonts, direction, tracking, capitals. */

/**
 * Scripts the poster fonts do not have. Debian's families are named after them, most in a serif, too;
 * a browser skips a family that is not there.
 */
const SCRIPTS = [
  'Arabic', 'Hebrew', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada',
  'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Tibetan', 'Myanmar', 'Khmer', 'Georgian', 'Armenian', 'Ethiopic',
];
/** Families in a serif that are named otherwise; Noto Serif Myanmar's regular weight is a bold one. */
const SERIFED = /** @type {Record<string, string>} */ ({Arabic: 'Noto Naskh Arabic', Myanmar: 'Noto Sans Myanmar'});
const ONE_OF = Object.fromEntries(SCRIPTS.map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')]));
const HAN = /[\p{Script=Han}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HANGUL = /\p{Script=Hangul}/u;
const EMOJI = /[\p{Emoji_Presentation}\ufe0f]/u;
const GREEK = /\p{Script=Greek}/u;

/** What gives a text its direction (UAX #9, rules P2 and P3). */
const STRONG = /[\p{L}\u200e\u200f\u061c]/u;
const RIGHT_TO_LEFT = new RegExp(`[\u200f\u061c${[
  'Arabic', 'Hebrew', 'Syriac', 'Thaana', 'Nko', 'Samaritan', 'Mandaic', 'Adlam', 'Hanifi_Rohingya',
].map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');

/** A letter of a script not known to stand letter by letter: it may join, stack or be reordered. */
const JOINED = new RegExp(`(?!${[
  'Latin', 'Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Hebrew', 'Han', 'Hiragana', 'Katakana', 'Hangul',
  'Bopomofo', 'Ethiopic', 'Cherokee', 'Tifinagh', 'Common', 'Inherited',
].map((script) => `\\p{Script=${script}}`).join('|')})\\p{L}`, 'u');

/**
 * The font families that draw what a poster font lacks of *text*; empty for Latin, Greek and Cyrillic.
 * @param {string} text
 * @param {boolean} serif whether the poster font has serifs
 * @returns {string[]}
 */
export function fallbackFamilies(text, serif = false) {
  return [
    ...SCRIPTS.filter((script) => ONE_OF[script].test(text)).flatMap((script) => familiesOf(script, serif)),
    ...eastAsian(text).flatMap((region) => familiesOf(`CJK ${region}`, serif)),
    ...(EMOJI.test(text) ? ['Noto Color Emoji'] : []),
  ];
}

/**
 * The families that draw any of these scripts, for texts not known yet. Stars and arrows are not left
 * to the Chinese font, where each is as wide as a character.
 * @returns {string[]}
 */
export function allFamilies() {
  const families = (/** @type {string} */ script) => familiesOf(script, false);
  return [...SCRIPTS.flatMap(families), 'DejaVu Sans', ...families('CJK SC')];
}

/** @param {string} script @param {boolean} serif @returns {string[]} */
function familiesOf(script, serif) {
  const [plain, serifed] = [`Noto Sans ${script}`, SERIFED[script] ?? `Noto Serif ${script}`];
  return serif ? [serifed, plain] : [plain, serifed];
}

/**
 * Whose forms of the shared characters to draw: the script beside them tells.
 * @param {string} text
 * @returns {string[]}
 */
function eastAsian(text) {
  if (KANA.test(text)) return ['JP'];
  if (HANGUL.test(text)) return ['KR'];
  return HAN.test(text) ? ['SC'] : [];
}

/** @param {string} text @returns {'ltr' | 'rtl'} the direction of its first strong character */
export function directionOf(text) {
  const first = STRONG.exec(text);
  return first && RIGHT_TO_LEFT.test(first[0]) ? 'rtl' : 'ltr';
}

/** Tells whether space between its characters would tear *text* apart. @param {string} text */
export function isJoined(text) {
  return JOINED.test(text);
}

/** *text* in capitals; Greek ones have no tonos. @param {string} text */
export function capitals(text) {
  return GREEK.test(text) ? text.toLocaleUpperCase('el') : text.toUpperCase();
}
