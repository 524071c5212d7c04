/**
 * How many people live where: tinted areas of a source of their own, in the form of `layers.js`.
 *
 * Its source layer is `stats`, with the number of people of an area as `population`.
 */

import {colours, toggle} from './parts.js';

/** People of an area. */
const STEPS = [0, 1, 100, 1000, 10_000];

/** How opaque an area is at each step. @typedef {[number, number, number, number, number]} Density */

/** @type {Density} */
export const FAINT = [0, 0.05, 0.15, 0.3, 0.5];
/** For styles with much black or white around it. @type {Density} */
export const CLEAR = [0, 0.1, 0.25, 0.45, 0.7];

/** @param {Density} [density] */
export function population(density = FAINT) {
  const people = ['to-number', ['get', 'population'], 0];
  return {
    id: 'population-density', type: 'fill', source: 'population', 'source-layer': 'stats',
    paint: {
      'fill-opacity': ['interpolate', ['linear'], people, ...STEPS.flatMap((step, n) => [step, density[n]])],
      // Areas lie edge to edge: smoothed edges would draw a net over them.
      'fill-antialias': false,
    },
    metadata: {...colours({'fill-color': 'population'}), ...toggle('population')},
  };
}
