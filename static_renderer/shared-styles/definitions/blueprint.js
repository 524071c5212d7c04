/** Blueprint: the city as a technical drawing, in fine double lines on squared paper. */

import {layersOf} from '../src/layers.js';
import {MAIN, buildingEdges, cores, greenEdges, shore} from '../src/ornaments.js';
import {CLEAR} from '../src/population-layer.js';
import {palette} from './ramp.js';

const ID = 'blueprint';
const WIDTH = 1.5;

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'blueprint-classic', name: 'Classic', paper: '#10387a', text: '#f2f7ff', road: '#ffffff', middle: '#dfeafb', lane: '#4b76b6', water: '#0b2b63', waterLine: '#8fb3e3', green: '#1f5590', grid: '#4f7fc0', buildings: '#8fb3e3'},
  {id: 'blueprint-architect', name: 'Architect', paper: '#1d2b3a', text: '#f5efe2', road: '#fbf4e4', middle: '#b0b2ac', lane: '#5c6a76', water: '#16212e', waterLine: '#9aa7ad', green: '#2a4048', grid: '#4a6174', buildings: '#a3a9a8', accent: '#e8b04a'},
  {id: 'blueprint-cyan', name: 'Cyan', paper: '#073b4c', text: '#e4fbff', road: '#d9fbff', middle: '#7fd0de', lane: '#3b8596', water: '#052d3c', waterLine: '#6cc7d8', green: '#0e5560', grid: '#26768a', buildings: '#6cc7d8'},
  {id: 'blueprint-gray', name: 'Gray', paper: '#353d47', text: '#f6f7f8', road: '#fafbfb', middle: '#c2c7cc', lane: '#838a92', water: '#2a323b', waterLine: '#b0b7be', green: '#4a544f', grid: '#646d76', buildings: '#b0b7be'},
  {id: 'blueprint-white', name: 'White', paper: '#f7f9fc', text: '#153a75', road: '#123a7c', middle: '#5b7db2', lane: '#a5b8d6', water: '#dfe9f6', waterLine: '#4a70ab', green: '#e3eee8', grid: '#b4c8e4', buildings: '#6f90c2'},
];

export const blueprint = {
  id: ID,
  name: 'Blueprint / Technical',
  description: 'Fine double lines on squared blueprint paper.',
  recommendedFonts: ['JetBrains Mono', 'IBM Plex Mono', 'Space Mono', 'Roboto Mono'],
  defaultPalette: 'blueprint-classic',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {grid: 0.6, gridSize: 20, wash: 0.25, grain: 0.04, grainSize: 0.9},
  layers: layersOf({
    font: 'JetBrains Mono Medium',
    cap: 'square',
    join: 'miter',
    opacity: {water: 1, waterway: 0.7, park: 0.25, buildings: 0.2},
    density: CLEAR,
    bridges: false,
    piers: true,
    waterwayStays: true,
    roadWidth: WIDTH,
    ornaments: {
      onWater: [
        shore('line-3', {role: 'waterLine', width: 0.4, offset: 6, opacity: 0.5}),
        shore('line-2', {role: 'waterLine', width: 0.45, offset: 3, opacity: 0.7}),
        shore('line-1', {role: 'waterLine', width: 0.9}),
      ],
      onGround: [
        ...greenEdges({role: 'waterLine', width: 0.5, opacity: 0.55, dash: [5, 3]}),
        buildingEdges({role: 'buildings', width: 0.6, opacity: 0.8}),
      ],
      onRoads: cores(['tertiary', ...MAIN], {role: 'background', share: 0.42}, {roadWidth: WIDTH, cap: 'square'}),
    },
  }),
};
