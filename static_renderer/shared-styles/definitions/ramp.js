/** A palette's few chosen colours -> all of its roles. */

import {mix} from '../src/colour.js';

/**
 * @typedef {object} Chosen
 * @property {string} id
 * @property {string} name
 * @property {string} paper background
 * @property {string} text
 * @property {string} road the motorways
 * @property {string} lane the service roads; the other classes lie between the two
 * @property {string} water
 * @property {string} green
 * @property {string} [waterLine] default: water, a little towards the roads
 * @property {string} [buildings] default: between paper and roads
 * @property {string} [accent]
 */

/** Where each class lies between the motorways and the service roads. */
const SHARES = {
  motorway: 0, trunk: 0.12, primary: 0.26, secondary: 0.42, tertiary: 0.58, residential: 0.76, service: 1,
};

/**
 * @param {string} style
 * @param {Chosen} chosen
 * @returns {import('../index.js').Palette}
 */
export function palette(style, {id, name, paper, text, road, lane, water, green, ...rest}) {
  const roads = Object.fromEntries(
    Object.entries(SHARES).map(([kind, share]) => [kind, mix(road, lane, share)]),
  );
  return /** @type {import('../index.js').Palette} */ ({
    id, name, style,
    background: paper,
    text,
    border: mix(text, paper, 0.3),
    roads,
    water,
    waterLine: rest.waterLine ?? mix(water, road, 0.1),
    greenSpace: green,
    buildings: rest.buildings ?? mix(paper, road, 0.45),
    landuse: mix(green, paper, 0.5),
    accent: rest.accent ?? road,
  });
}
