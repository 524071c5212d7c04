/** The styles, as they are written by hand; `npm run build` makes `styles/*.json` of them. */

import {minimal} from './minimal.js';

export const definitions = [minimal];
