/** Atmospheric: a city seen through warm haze, its far end gone into the sky. */

import {layersOf} from '../src/layers.js';
import {roadGlow, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'atmospheric';

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'atmospheric-desert-dusk', name: 'Desert Dusk', paper: '#f8dcc0', text: '#5b2440', road: '#6f2c4b', middle: '#a96369', lane: '#dcb09c', water: '#c59aa8', waterLine: '#a5748c', green: '#d3b184', accent: '#c9607e'},
  {id: 'atmospheric-california-gold', name: 'California Gold', paper: '#fdecc4', text: '#5d3412', road: '#85470f', middle: '#b9823c', lane: '#e3c48a', water: '#a9c3c0', waterLine: '#7ba09f', green: '#c6bf74', accent: '#ef9436'},
  {id: 'atmospheric-peach-horizon', name: 'Peach Horizon', paper: '#ffeadb', text: '#6a3340', road: '#a04a50', middle: '#cb877e', lane: '#e9c3b1', water: '#bcc4dc', waterLine: '#97a2c6', green: '#dccfa6', accent: '#f48a74'},
  {id: 'atmospheric-amber-glow', name: 'Amber Glow', paper: '#2a1810', text: '#ffe2b5', road: '#ffca7c', middle: '#b67a3f', lane: '#5f3a22', water: '#1b1512', waterLine: '#7d5a3b', green: '#3d2f18', accent: '#c8601f'},
  {id: 'atmospheric-morning-mist', name: 'Morning Mist', paper: '#f0f3f1', text: '#31474e', road: '#47636b', middle: '#8ba1a4', lane: '#c8d2d1', water: '#b3cdd6', waterLine: '#86abb9', green: '#c4d5bd', accent: '#e5b7a0'},
  {id: 'atmospheric-london-fog', name: 'London Fog', paper: '#e3e5e6', text: '#2c343c', road: '#3f4a55', middle: '#858f98', lane: '#bcc3c8', water: '#aebcc6', waterLine: '#8496a4', green: '#bcc6b6', accent: '#8d9db0'},
  {id: 'atmospheric-overcast', name: 'Overcast', paper: '#d7dde3', text: '#233143', road: '#33475f', middle: '#728398', lane: '#adb9c5', water: '#9fb4c8', waterLine: '#7490ab', green: '#aebdae', accent: '#6d87a6'},
  {id: 'atmospheric-smoke', name: 'Smoke', paper: '#22242a', text: '#ece8e4', road: '#efe6dd', middle: '#948e8c', lane: '#4a4b51', water: '#191b21', waterLine: '#5a6069', green: '#2c322f', accent: '#75605e'},
  {id: 'atmospheric-ethereal', name: 'Ethereal', paper: '#f6f0fa', text: '#473d6d', road: '#685a9c', middle: '#9f94c4', lane: '#d0c7e2', water: '#b9cdec', waterLine: '#93aedb', green: '#cbe0d4', accent: '#e39ac4'},
];

export const atmospheric = {
  id: ID,
  name: 'Atmospheric / Ethereal',
  description: 'Hazy light, and streets that fade into the sky.',
  recommendedFonts: ['Outfit', 'Montserrat', 'Quicksand', 'Lexend'],
  defaultPalette: 'atmospheric-desert-dusk',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {
    bloom: 0.35, bloomSize: 12, haze: 0.7, hazeEnd: 0.7, mist: 0.4, clouding: 0.15, cloudingSize: 260,
    grain: 0.025, grainSize: 0.8,
  },
  layers: layersOf({
    font: 'Lexend Regular',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.9, park: 0.4, buildings: 0.2},
    bridges: false,
    piers: false,
    roadWidth: 1.1,
    cover: 1.5,
    ornaments: {
      onWater: [shore('glow', {role: 'waterLine', width: 4, blur: 3.5, opacity: 0.6})],
      underRoads: [roadGlow({blur: 12, opacity: 0.22, factor: 2})],
    },
  }),
};
