/** Vintage: an engraved town plan that has been folded, carried and kept. */

import {layersOf} from '../src/layers.js';
import {ALL, buildingEdges, casings, greenEdges, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'vintage';
const WIDTH = 1.2;
const RIPPLES = [[0, 1.1, 1], [2, 0.5, 0.8], [3.8, 0.4, 0.6], [5.5, 0.35, 0.4]];

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'vintage-parchment', name: 'Parchment', paper: '#f0e2c3', text: '#43301c', road: '#8a4a2c', middle: '#a98458', lane: '#cfb78c', water: '#c5cfbd', waterLine: '#5f6f66', green: '#b9bb83', landuse: '#e8cd9c', accent: '#8a3d22'},
  {id: 'vintage-atlas', name: 'Atlas', paper: '#f3e8cf', text: '#2f3137', road: '#a4332a', middle: '#c4795a', lane: '#d6bf9c', water: '#b3cdd0', waterLine: '#3f6a78', green: '#bccb94', landuse: '#f0d3a8', accent: '#a4332a'},
  {id: 'vintage-sepia', name: 'Sepia', paper: '#ecdcbf', text: '#3d2a17', road: '#5c3d20', middle: '#94734a', lane: '#c6ac82', water: '#d6c19a', waterLine: '#7b5c36', green: '#cdb886', landuse: '#dfc79b', accent: '#6f4520'},
  {id: 'vintage-maritime', name: 'Maritime', paper: '#f1e7d0', text: '#1b3346', road: '#274b63', middle: '#71817b', lane: '#c2b795', water: '#a5c3c6', waterLine: '#1f4b63', green: '#c2c795', landuse: '#ead6a9', accent: '#a8482f'},
  {id: 'vintage-faded', name: 'Faded', paper: '#efe6d6', text: '#4f463c', road: '#7d6a58', middle: '#a69480', lane: '#cfc2ae', water: '#cdd5d0', waterLine: '#7c8a86', green: '#ced1b2', landuse: '#e9d8bf', accent: '#a06a4c'},
  {id: 'vintage-colonial', name: 'Colonial', paper: '#f2e4c9', text: '#25382f', road: '#7e2f2a', middle: '#a8785a', lane: '#cdb78d', water: '#b4c9c4', waterLine: '#33615c', green: '#a3b286', landuse: '#e6d3a2', accent: '#2f5a48'},
];

export const vintage = {
  id: ID,
  name: 'Vintage / Antique',
  description: 'An engraved plan on parchment, folded and foxed.',
  recommendedFonts: ['IM Fell English', 'Playfair Display', 'EB Garamond', 'Cormorant Garamond'],
  defaultPalette: 'vintage-parchment',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {
    wobble: 0.8, wobbleSize: 14, clouding: 0.22, cloudingSize: 170, wash: 0.5, scratch: 0.2,
    vignette: 0.45, foxing: 0.3, folds: 0.8, grain: 0.055, grainSize: 1,
  },
  layers: layersOf({
    font: 'EB Garamond Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.8, park: 0.5, buildings: 0.25},
    bridges: false,
    piers: true,
    roadWidth: WIDTH,
    cover: 1.7,
    ornaments: {
      onWater: RIPPLES.map(([offset, width, opacity], i) => shore(`ripple-${i}`, {role: 'waterLine', width, offset, opacity})),
      onGround: [
        ...greenEdges({role: 'hedge', width: 0.6, opacity: 0.7, dash: [1, 1.5]}),
        buildingEdges({role: 'casing', width: 0.5, opacity: 0.6}),
      ],
      underRoads: casings(ALL.slice(2), {role: 'casing', width: 0.7}, {roadWidth: WIDTH}),
    },
  }),
};
