/** Organic: the city as something grown, over wood grain, sand or currents. */

import {layersOf} from '../src/layers.js';
import {greenEdges, riverbank, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'organic';

/** @type {import('./ramp.js').Chosen[]} */
const OCEANS = [
  {id: 'organic-abyss', name: 'Abyss', paper: '#071b28', text: '#d6f1f2', road: '#a8ece2', middle: '#54a3a6', lane: '#1f4855', water: '#0a2f47', waterLine: '#3a93a8', green: '#14524f', buildings: '#2f8f92', accent: '#5fd0c5'},
  {id: 'organic-coral-reef', name: 'Coral Reef', paper: '#fdf2e7', text: '#7a2d33', road: '#d04a45', middle: '#e89a80', lane: '#eed2bb', water: '#7fd0cd', waterLine: '#3aa5a6', green: '#f0b891', buildings: '#e8795f', accent: '#ef6f5c'},
  {id: 'organic-pacific', name: 'Pacific', paper: '#eef5f4', text: '#103f55', road: '#17536b', middle: '#6b9aa8', lane: '#bbd1d2', water: '#5fa8be', waterLine: '#2d7f9c', green: '#9fcbae', buildings: '#4f97ad', accent: '#e09a5c'},
  {id: 'organic-tidal', name: 'Tidal', paper: '#e9ede4', text: '#2b4646', road: '#3b5c5b', middle: '#86998c', lane: '#c3cab9', water: '#79b8b5', waterLine: '#3f8f8f', green: '#a9c67f', buildings: '#8f8a63', accent: '#b98a5e'},
  {id: 'organic-deep-current', name: 'Deep Current', paper: '#0c2233', text: '#dcebf4', road: '#a9d3ec', middle: '#5b8bab', lane: '#28475e', water: '#071726', waterLine: '#3f7ca3', green: '#17434a', buildings: '#4a8fc0', accent: '#6cb4de'},
];
/** @type {import('./ramp.js').Chosen[]} */
const FORESTS = [
  {id: 'organic-moss--stone', name: 'Moss & Stone', paper: '#eceae2', text: '#33392c', road: '#4c5340', middle: '#8f917c', lane: '#c6c4b5', water: '#a7bab6', waterLine: '#728f8b', green: '#8bab50', buildings: '#9a8f62', accent: '#7a8a4c'},
  {id: 'organic-fern-gully', name: 'Fern Gully', paper: '#eff4e2', text: '#1f4423', road: '#2a5a2e', middle: '#799c62', lane: '#c0d2a4', water: '#8fc4b4', waterLine: '#4f9686', green: '#7fb454', buildings: '#6a8f4a', accent: '#3f7f3a'},
  {id: 'organic-old-growth', name: 'Old Growth', paper: '#16211a', text: '#ece4c8', road: '#e0cf9e', middle: '#93895f', lane: '#3d4632', water: '#0d1a1a', waterLine: '#4d7a72', green: '#2f5230', buildings: '#a8893f', accent: '#c39a55'},
  {id: 'organic-lichen', name: 'Lichen', paper: '#f0f1e6', text: '#3c4a41', road: '#55695c', middle: '#98a78f', lane: '#cbd1bd', water: '#b2ccc6', waterLine: '#7ea59d', green: '#b9c77e', buildings: '#b39a55', accent: '#c98d3f'},
  {id: 'organic-rainforest', name: 'Rainforest', paper: '#0c2119', text: '#e2f4d4', road: '#b9e07f', middle: '#6a9a52', lane: '#2a4c34', water: '#081918', waterLine: '#3f8f7e', green: '#1d6138', buildings: '#5aa05a', accent: '#e0843f'},
];
/** @type {import('./ramp.js').Chosen[]} */
const DESERTS = [
  {id: 'organic-adobe', name: 'Adobe', paper: '#f6e6d3', text: '#5e2d1c', road: '#96442a', middle: '#c48a63', lane: '#e0c4a3', water: '#94bdb8', waterLine: '#5b9290', green: '#bdb071', buildings: '#c46a3f', accent: '#b8552f'},
  {id: 'organic-canyon', name: 'Canyon', paper: '#f4d9bf', text: '#571f18', road: '#82291d', middle: '#b96a48', lane: '#dab08d', water: '#88aeb4', waterLine: '#54848d', green: '#c09a5c', buildings: '#b5502f', accent: '#b0402a'},
  {id: 'organic-sahara-night', name: 'Sahara Night', paper: '#1a1a2c', text: '#f8e2b8', road: '#f2c67e', middle: '#a0845f', lane: '#423d48', water: '#10132a', waterLine: '#4c5a94', green: '#4a3f30', buildings: '#b5853f', accent: '#e09a4a'},
  {id: 'organic-red-earth', name: 'Red Earth', paper: '#f2d6c4', text: '#4d1a14', road: '#7c2318', middle: '#ae5a40', lane: '#d5a387', water: '#9db7bb', waterLine: '#678e95', green: '#a9a066', buildings: '#b04a30', accent: '#a83820'},
  {id: 'organic-pueblo', name: 'Pueblo', paper: '#f7ead6', text: '#3d3a52', road: '#b0502f', middle: '#cf9160', lane: '#e3cba6', water: '#6fb0b3', waterLine: '#3d8488', green: '#cdb46a', buildings: '#c4773f', accent: '#2f8487'},
];

export const organic = {
  id: ID,
  name: 'Organic / Nature',
  description: 'Forest, desert and ocean, with the grain of wood and sand.',
  recommendedFonts: ['Outfit', 'Crimson Pro', 'Fraunces', 'Bricolage Grotesque'],
  defaultPalette: 'organic-abyss',
  palettes: [...OCEANS, ...FORESTS, ...DESERTS].map((chosen) => palette(ID, chosen)),
  finish: {
    wobble: 4, wobbleSize: 30, clouding: 0.3, cloudingSize: 150, wash: 0.6, rings: 0.75, ringsSize: 260,
    pool: 0.6, poolSize: 5, granulation: 0.08, grain: 0.05, grainSize: 1.4,
  },
  layers: layersOf({
    font: 'Fraunces Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.8, park: 0.9, buildings: 0.3},
    bridges: false,
    piers: false,
    roadWidth: 1.3,
    cover: 2,
    ornaments: {
      onWater: [
        riverbank({role: 'water', width: 6, blur: 3, opacity: 0.8}),
        shore('current-2', {role: 'waterLine', width: 0.7, offset: 5.5, opacity: 0.35}),
        shore('current-1', {role: 'waterLine', width: 0.9, offset: 2.5, opacity: 0.6}),
        shore('shore', {role: 'waterLine', width: 1.4}),
      ],
      onGround: greenEdges({role: 'hedge', width: 0.8, opacity: 0.5}),
    },
  }),
};
