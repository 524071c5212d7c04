/** The road classes of a poster: which of the tiles' classes each holds, and how wide it is. */

/** @typedef {import('./parts.js').Stops} Stops */

/** From the least to the most important. @type {[name: string, classes: string[], widths: Stops, minzoom?: number][]} */
export const ROADS = [
  ['service', ['service', 'path', 'track'], {11: 0.1, 13: 0.3, 14: 0.5}, 11],
  ['residential', ['residential', 'living_street', 'unclassified', 'minor'],
    {9: 0.1, 12: 0.4, 13: 0.7, 14: 1}, 9],
  ['tertiary', ['tertiary'], {10: 0.3, 11: 0.5, 12: 0.8, 13: 1.1, 14: 1.4}],
  ['secondary', ['secondary'], {10: 0.6, 11: 0.9, 12: 1.2, 13: 1.6, 14: 2}],
  ['primary', ['primary'], {10: 1, 11: 1.4, 12: 1.8, 13: 2.2, 14: 2.6}],
  ['trunk', ['trunk'], {10: 1.5, 11: 2, 12: 2.5, 13: 3, 14: 3.5}],
  ['motorway', ['motorway'], {10: 2, 11: 2.5, 12: 3, 13: 3.5, 14: 4}],
];
export const MOTORWAY = ROADS[ROADS.length - 1][2];
