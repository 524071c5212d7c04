/** Midnight Noir: ivory on navy, as on a formal invitation. */

import {layersOf} from '../src/layers.js';
import {MAIN, cores, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'midnight';
const WIDTH = 1.25;

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'midnight-classic', name: 'Classic', paper: '#0f1a30', text: '#f4ead2', road: '#f7ecd2', middle: '#c3baa5', lane: '#3d4759', water: '#091122', waterLine: '#7482a0', green: '#1b2d3b', accent: '#d9bd86'},
];

export const midnight = {
  id: ID,
  name: 'Midnight Noir',
  description: 'Ivory streets on deep navy.',
  recommendedFonts: ['Outfit', 'Inter', 'DM Sans', 'Public Sans'],
  defaultPalette: 'midnight-classic',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  layers: layersOf({
    font: 'Outfit Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.7, park: 0.3, buildings: 0.15},
    bridges: false,
    piers: true,
    roadWidth: WIDTH,
    cover: 1.5,
    ornaments: {
      onWater: [
        shore('depth', {role: 'waterLine', width: 3.5, offset: 1.8, blur: 3, opacity: 0.3}),
        shore('shore', {role: 'waterLine', width: 0.9}),
      ],
      onRoads: cores(MAIN.slice(1), {role: 'background', share: 0.3, opacity: 0.9}, {roadWidth: WIDTH}),
    },
  }),
};
