/**
 * Which characters no font here can draw. A page cannot ask a font; but all such characters look
 * alike, and like one that no font will ever have.
 */

/** The last private-use character. */
const NOWHERE = '\u{10fffd}';
/** Drawn as nothing, or not by itself. */
const UNSEEN = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;
const SIZE = 48;

/**
 * Characters known to have a glyph, for each font: a fact about this machine, not about a job.
 * @type {Map<string, Set<string>>}
 */
const known = new Map();
/** @type {OffscreenCanvasRenderingContext2D | null} */
let pad = null;

/**
 * @param {string} text
 * @param {string} family CSS font-family, loaded
 * @param {number} weight
 * @returns {string[]} the characters that would be drawn as empty boxes, each once
 */
export function missingGlyphs(text, family, weight) {
  const font = `${weight} ${SIZE}px ${family}`;
  const there = known.get(font) ?? new Set();
  known.set(font, there);
  const asked = [...new Set(text)].filter((character) => !there.has(character) && !UNSEEN.test(character));
  if (!asked.length) return [];
  const ink = inkFor(font);
  const missing = asked.filter((character) => looksMissing(ink, character));
  for (const character of asked) if (!missing.includes(character)) there.add(character);
  return missing;
}

/** @param {string} font */
function inkFor(font) {
  pad ??= new OffscreenCanvas(3 * SIZE, 3 * SIZE).getContext('2d', {willReadFrequently: true});
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (pad);
  ink.font = font;
  return ink;
}

/**
 * Measures first: that is quick, and nearly always tells.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {string} character
 */
function looksMissing(ink, character) {
  if (measured(ink, character) !== measured(ink, NOWHERE)) return false;
  const [one, other] = [drawn(ink, character), drawn(ink, NOWHERE)];
  return one.every((value, i) => value === other[i]);
}

/** @param {OffscreenCanvasRenderingContext2D} ink @param {string} character */
function measured(ink, character) {
  const box = ink.measureText(character);
  const [across, down] = [box.actualBoundingBoxRight + box.actualBoundingBoxLeft, box.actualBoundingBoxDescent];
  return [box.width, across, down, box.actualBoundingBoxAscent].join();
}

/** @param {OffscreenCanvasRenderingContext2D} ink @param {string} character */
function drawn(ink, character) {
  ink.clearRect(0, 0, 3 * SIZE, 3 * SIZE);
  ink.fillText(character, SIZE, 2 * SIZE);
  return ink.getImageData(0, 0, 3 * SIZE, 3 * SIZE).data;
}
