/** Where a text may be broken into lines: at spaces, and between words that are written without. */

/** @typedef {{word: string, after: string}} Piece *after*: what stands behind it on the same line */

const UNSPACED = new RegExp(`[${['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');
/** What no line may begin with: closing marks, small kana, signs that repeat or lengthen. */
const NEVER_FIRST = /^[\p{Pe}\p{Pf}\p{Po}\p{Pd}\p{M}々ゝゞーヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ〜ๆໆ]/u;
const NEVER_LAST = /[\p{Ps}\p{Pi}]$/u;

/**
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(text) {
  const words = text.split(/\s+/).filter(Boolean);
  return words.flatMap((spaced, n) => {
    const parts = UNSPACED.test(spaced) ? wordsOf(spaced) : [spaced];
    return parts.map((word, i) => ({word, after: i === parts.length - 1 && n < words.length - 1 ? ' ' : ''}));
  });
}

/** The line that *pieces* make. @param {Piece[]} pieces */
export function lineOf(pieces) {
  return pieces.map(({word, after}) => word + after).join('').trimEnd();
}

/** Finds the words by the browser's dictionaries. @param {string} text @returns {string[]} */
function wordsOf(text) {
  /** @type {string[]} */
  const words = [];
  for (const {segment} of new Intl.Segmenter('en', {granularity: 'word'}).segment(text)) {
    const last = words.length - 1;
    if (last >= 0 && !mayBreak(words[last], segment)) words[last] += segment;
    else words.push(segment);
  }
  return words;
}

/** @param {string} before @param {string} after */
function mayBreak(before, after) {
  if (NEVER_FIRST.test(after) || NEVER_LAST.test(before)) return false;
  return UNSPACED.test(before) || UNSPACED.test(after);
}
