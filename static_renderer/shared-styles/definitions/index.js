/** The styles, as they are written by hand; `npm run build` makes `styles/*.json` of them. */

import {abstract} from './abstract.js';
import {atmospheric} from './atmospheric.js';
import {blueprint} from './blueprint.js';
import {darkMode} from './dark-mode.js';
import {midnight} from './midnight.js';
import {minimal} from './minimal.js';
import {organic} from './organic.js';
import {retro} from './retro.js';
import {topographic} from './topographic.js';
import {vintage} from './vintage.js';
import {watercolor} from './watercolor.js';

export const definitions = [
  minimal, darkMode, midnight, blueprint, vintage, topographic, watercolor, abstract, atmospheric, organic, retro,
];
