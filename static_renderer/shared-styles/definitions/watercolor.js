/** Watercolor: washes of pigment on rough paper, that run, pool and dry. */

import {layersOf} from '../src/layers.js';
import {greenEdges, riverbank, roadGlow, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'watercolor';

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'watercolor-coastal', name: 'Coastal', paper: '#fdfbf5', text: '#1f4a5c', road: '#31667a', middle: '#86a3a8', lane: '#cfd3c8', water: '#6fb3cc', waterLine: '#3d8fb0', green: '#9cc48c', landuse: '#f6e9cf', buildings: '#cf8f6a', accent: '#e08a62'},
  {id: 'watercolor-spring', name: 'Spring', paper: '#fefcf6', text: '#4a5a34', road: '#b4576f', middle: '#d897a0', lane: '#e5d3c6', water: '#8fcbd6', waterLine: '#55a5b8', green: '#a9d36e', landuse: '#fae0e0', buildings: '#e08fa0', accent: '#d9688a'},
  {id: 'watercolor-sunset', name: 'Sunset', paper: '#fff9f0', text: '#6b2f4a', road: '#a43a50', middle: '#dc8868', lane: '#ecd0b2', water: '#8f9fd0', waterLine: '#6672b0', green: '#d8b765', landuse: '#fbcf9c', buildings: '#d9653f', accent: '#e5683f'},
  {id: 'watercolor-dusk', name: 'Dusk', paper: '#f9f7fb', text: '#37345f', road: '#4b4784', middle: '#8d85b0', lane: '#d0cadb', water: '#6a86bc', waterLine: '#435f9d', green: '#83ae9f', landuse: '#dfc9e6', buildings: '#a06aa8', accent: '#b2679c'},
  {id: 'watercolor-sumi', name: 'Sumi', paper: '#faf8f3', text: '#1d1d1f', road: '#242427', middle: '#77777a', lane: '#c9c8c4', water: '#9ba2a8', waterLine: '#5a6168', green: '#c3c6bc', landuse: '#e6e3dc', buildings: '#56565a', accent: '#b5352a'},
  {id: 'watercolor-botanical', name: 'Botanical', paper: '#fcfbf2', text: '#24472f', road: '#356142', middle: '#87a07a', lane: '#d3d4b9', water: '#7fbcb6', waterLine: '#3f8c88', green: '#7db55f', landuse: '#edeab8', buildings: '#c08a4a', accent: '#c9653f'},
];

export const watercolor = {
  id: ID,
  name: 'Watercolor / Painted',
  description: 'Washes of pigment on rough paper.',
  recommendedFonts: ['Quicksand', 'Nunito', 'Pacifico', 'Caveat'],
  defaultPalette: 'watercolor-coastal',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {
    wobble: 4, wobbleSize: 26, bleed: 0.6, bleedSize: 5, clouding: 0.75, cloudingSize: 110, pool: 2.2, poolSize: 8,
    granulation: 0.16, wash: 0.75, grain: 0.06, grainSize: 1.4, deckle: 22,
  },
  layers: layersOf({
    font: 'Nunito Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 0.9, waterway: 0.7, park: 0.6, buildings: 0.2},
    bridges: false,
    piers: true,
    roadWidth: 1.25,
    cover: 2,
    labelSizes: {country: {2: 10, 6: 18}, state: {3: 9, 8: 16}, city: {4: 8, 12: 14}},
    ornaments: {
      onWater: [
        riverbank({role: 'water', width: 9, blur: 6, opacity: 0.45}),
        shore('wet', {role: 'waterLine', width: 5, offset: 2, blur: 4, opacity: 0.4}),
      ],
      onGround: greenEdges({role: 'wood', width: 3, offset: 1, blur: 3, opacity: 0.3}),
      underRoads: [roadGlow({name: 'wash', blur: 9, opacity: 0.14, factor: 1.5})],
    },
  }),
};
