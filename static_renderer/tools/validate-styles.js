/**
 * Checks MapLibre styles for the API (`webapi/style_validator.py`): one style a line comes in, one
 * line goes out, `[{pointer, code, message}, …]`. An empty list says that this program is ready.
 */

import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

import {isExpression, validateStyleMin} from '@maplibre/maplibre-gl-style-spec';

/** More would help nobody. */
const MOST = 20;
const LONGEST = 300;

/**
 * @param {any} style
 * @returns {{pointer: string, code: string, message: string}[]}
 */
export function complaints(style) {
  return validateStyleMin(style).slice(0, MOST).map(({message}) => {
    const [, path = '', text] = /** @type {RegExpExecArray} */ (/^(?:([a-z][\w-]*(?:[[.].*?)?): )?(.*)$/s.exec(message));
    const places = placesOf(style, path);
    const pointer = places.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return {pointer, code: codeOf(style, places, text), message: text.slice(0, LONGEST)};
  });
}

/**
 * The keys that *path*, as the validator writes it (`layers[0].paint.line-color`), goes through, as
 * far as the style has them. Names may hold dots and brackets, so the style decides where one ends.
 * @param {any} style
 * @param {string} path
 * @returns {(string | number)[]}
 */
function placesOf(style, path) {
  const places = [];
  for (let [at, rest] = [style, path]; rest && at && typeof at === 'object';) {
    const index = Array.isArray(at) ? /^\[(\d+)\]/.exec(rest) : null;
    rest = rest.replace(/^\./, '');
    const key = index ? index[1] : Object.keys(at)
      .filter((name) => rest.startsWith(name) && ['', '.', '['].includes(rest.charAt(name.length)))
      .reduce((longest, name) => (name.length >= longest.length ? name : longest), '');
    if (!key) break;
    places.push(index ? Number(key) : key);
    rest = rest.slice(index ? index[0].length : key.length);
    at = at[key];
  }
  return places;
}

/** @param {any} style @param {(string | number)[]} places @param {string} text */
function codeOf(style, places, text) {
  if (places[0] === 'version') return 'style_version';
  if (/^source ".*" not found$/s.test(text)) return 'style_source_missing';
  const [part, n, group, name] = places;
  if (part !== 'layers' || !group) return 'style_invalid';
  const layer = style.layers[n];
  const value = group === 'filter' ? layer.filter : layer[group]?.[name];
  return group === 'filter' || isExpression(value) ? 'style_expression' : 'style_invalid';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tell = (/** @type {unknown} */ found) => console.log(JSON.stringify(found));
  tell([]);
  for await (const line of createInterface({input: process.stdin})) tell(complaints(JSON.parse(line)));
}
