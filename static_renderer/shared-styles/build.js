/** Writes `styles/*.json` from the definitions: `npm run build`. */

import {mkdirSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import {definitions} from './definitions/index.js';
import {wholeStyle} from './src/whole-style.js';

/** @returns {Record<string, string>} file name -> content */
export function built() {
  return Object.fromEntries(
    definitions.map((definition) =>
      [`styles/${definition.id}.json`, `${JSON.stringify(wholeStyle(definition), null, 1)}\n`]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL('styles', import.meta.url), {recursive: true});
  for (const [name, content] of Object.entries(built())) {
    writeFileSync(new URL(name, import.meta.url), content);
  }
}
