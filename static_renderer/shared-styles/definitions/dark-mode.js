/** Dark Mode: a city at night, its streets lit from within. */

import {layersOf} from '../src/layers.js';
import {roadGlow, shore} from '../src/ornaments.js';
import {CLEAR} from '../src/population-layer.js';
import {palette} from './ramp.js';

const ID = 'dark-mode';

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'dark-gold', name: 'Gold', paper: '#0c0c0e', text: '#f3dfae', road: '#ffd36a', middle: '#b08a3f', lane: '#3d352a', water: '#161a22', waterLine: '#3c4046', green: '#18211a'},
  {id: 'dark-silver', name: 'Silver', paper: '#0d0f12', text: '#edf1f5', road: '#f4f8fc', middle: '#8f99a5', lane: '#353b42', water: '#161d26', waterLine: '#3a4552', green: '#172020'},
  {id: 'dark-rose', name: 'Rose', paper: '#120c10', text: '#fbd9dc', road: '#ffb0b8', middle: '#b0626f', lane: '#452a33', water: '#1f1722', waterLine: '#4a3646', green: '#1e1f1a', accent: '#ff8f9c'},
  {id: 'dark-neon', name: 'Neon', paper: '#0a0713', text: '#f6e9ff', road: '#5cf4ff', middle: '#c44bd8', lane: '#3c2457', water: '#100f2e', waterLine: '#3340a0', green: '#0f2226', accent: '#ff4fd8'},
  {id: 'dark-navy', name: 'Navy', paper: '#0a1222', text: '#dbe8fb', road: '#bcd8ff', middle: '#6488bd', lane: '#263a5a', water: '#0e1c36', waterLine: '#2f4d7e', green: '#10231f', accent: '#8fbcff'},
  {id: 'dark-ember', name: 'Ember', paper: '#110b09', text: '#ffdcc0', road: '#ffb15c', middle: '#c5562a', lane: '#47251a', water: '#1a1417', waterLine: '#443334', green: '#1f1c13', accent: '#ff7a3c'},
  {id: 'dark-aurora', name: 'Aurora', paper: '#081214', text: '#d8fbee', road: '#a4ffcf', middle: '#3fae9b', lane: '#1d4049', water: '#0e1b30', waterLine: '#35508a', green: '#0f2a20', accent: '#b58cff'},
];

export const darkMode = {
  id: ID,
  name: 'Dark Mode / Noir',
  description: 'Luminous streets on a dark city.',
  recommendedFonts: ['Montserrat', 'Poppins', 'Bebas Neue', 'Oswald'],
  defaultPalette: 'dark-gold',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  layers: layersOf({
    font: 'Montserrat Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.5, park: 0.4, buildings: 0.3},
    density: CLEAR,
    bridges: true,
    piers: true,
    cover: 1.6,
    ornaments: {
      onWater: [shore('shore', {role: 'waterLine', width: 0.8, opacity: 0.8})],
      underRoads: [
        roadGlow({name: 'halo', blur: 16, opacity: 0.16, factor: 2.6}),
        roadGlow({blur: 4, opacity: 0.4}),
      ],
    },
  }),
};
