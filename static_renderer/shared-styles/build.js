/** Writes `styles/*.json` and their order from the definitions: `npm run build`. */

import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import {definitions} from './definitions/index.js';
import {wholeStyle} from './src/whole-style.js';

/** @returns {Record<string, string>} file name -> content */
export function built() {
  const files = definitions.map((definition) => {
    const style = versioned(wholeStyle(definition));
    return [`styles/${style.id}.json`, `${JSON.stringify(style, null, 1)}\n`];
  });
  const order = definitions.map(({id}) => id);
  return {...Object.fromEntries(files), 'order.json': `${JSON.stringify(order, null, 1)}\n`};
}

/** Gives a style its version: a hash of all it holds. @param {import('./index.js').Style} style */
function versioned({id, name, ...rest}) {
  const hash = createHash('sha256').update(JSON.stringify({id, name, ...rest})).digest('hex');
  return {id, name, version: hash.slice(0, 16), ...rest};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL('styles', import.meta.url), {recursive: true});
  for (const [name, content] of Object.entries(built())) {
    writeFileSync(new URL(name, import.meta.url), content);
  }
}
