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
 * @property {string} [middle] the secondary roads, where the way from *road* to *lane* bends
 * @property {string} water
 * @property {string} green
 * @property {string} [waterLine] default: water, a little towards the roads
 * @property {string} [buildings] default: between paper and roads
 * @property {string} [landuse] the ground a wash or a block gives; default: green, half way to the paper
 * @property {string} [accent]
 * @property {string} [grid]
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
export function palette(style, {id, name, paper, text, road, lane, middle, water, green, ...rest}) {
  const roads = Object.fromEntries(
    Object.entries(SHARES).map(([kind, share]) => [kind, between(road, middle, lane, share)]),
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
    landuse: rest.landuse ?? mix(green, paper, 0.5),
    accent: rest.accent ?? road,
    ...(rest.grid ? {grid: rest.grid} : {}),
  });
}

/** @param {string} road @param {string | undefined} middle @param {string} lane @param {number} share */
function between(road, middle, lane, share) {
  const bend = SHARES.secondary;
  if (!middle) return mix(road, lane, share);
  return share < bend ? mix(road, middle, share / bend) : mix(middle, lane, (share - bend) / (1 - bend));
}
