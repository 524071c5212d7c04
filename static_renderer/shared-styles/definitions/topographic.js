/** Topographic: a survey sheet, where every class of line has a sign of its own. */

import {layersOf} from '../src/layers.js';
import {MAIN, buildingEdges, casings, greenEdges, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'topographic';
const WIDTH = 1.25;

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'topo-survey', name: 'Survey', paper: '#faf6e9', text: '#2c2a24', road: '#b4502a', middle: '#d08f4e', lane: '#d3c8b0', water: '#a9cfe0', waterLine: '#2f7ba3', green: '#b5d08a', landuse: '#f0e4c9', buildings: '#6b5f50', grid: '#9cb7b4'},
  {id: 'topo-usgs', name: 'USGS', paper: '#fdfbf3', text: '#1f2421', road: '#b5202c', middle: '#d9776a', lane: '#cdc6b8', water: '#b6dcef', waterLine: '#1b78b5', green: '#b4dba0', landuse: '#f5e3df', buildings: '#3a3632', grid: '#b3a8c0'},
  {id: 'topo-night', name: 'Night', paper: '#14201f', text: '#e8efdd', road: '#f0b46a', middle: '#9a8a5f', lane: '#3f4c46', water: '#0f2c3a', waterLine: '#4f9db8', green: '#274632', landuse: '#1d2c29', buildings: '#9ea893', grid: '#3f5a58'},
  {id: 'topo-earth', name: 'Earth', paper: '#f3eadb', text: '#3a2a1c', road: '#7d3f1d', middle: '#ad7a48', lane: '#cfbb9c', water: '#a8c4c0', waterLine: '#3d7274', green: '#b6b878', landuse: '#e6d3b3', buildings: '#70573d', grid: '#c0a98a'},
  {id: 'topo-mono', name: 'Mono', paper: '#f8f8f5', text: '#1c1d1e', road: '#1f2022', middle: '#77797b', lane: '#c3c4c3', water: '#d5dadc', waterLine: '#4d5154', green: '#dadfd4', landuse: '#ecece8', buildings: '#5a5b5c', grid: '#b9bcbd'},
];

export const topographic = {
  id: ID,
  name: 'Topographic / Contour',
  description: 'A survey sheet of contours, relief and cased roads.',
  recommendedFonts: ['Spectral', 'Merriweather', 'Lora', 'Noto Serif'],
  defaultPalette: 'topo-survey',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {grid: 0.55, gridSize: 40, grain: 0.03, grainSize: 0.9},
  layers: layersOf({
    font: 'Spectral Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.7, park: 0.4, buildings: 0.2},
    bridges: false,
    piers: true,
    roadWidth: WIDTH,
    cover: 1.7,
    survey: true,
    labelSizes: {country: {2: 10, 6: 16}, state: {3: 9, 8: 14}, city: {4: 8, 12: 12}},
    ornaments: {
      onWater: [
        shore('shallows', {role: 'shallow', width: 6, offset: 3, blur: 3, opacity: 0.8}),
        shore('shore', {role: 'waterLine', width: 1}),
      ],
      onGround: [
        ...greenEdges({role: 'hedge', width: 0.6, opacity: 0.8, dash: [3, 1.5]}),
        buildingEdges({role: 'buildings', width: 0.7, opacity: 0.9}),
      ],
      underRoads: casings(['tertiary', ...MAIN], {role: 'casing', width: 0.65}, {roadWidth: WIDTH}),
    },
  }),
};
