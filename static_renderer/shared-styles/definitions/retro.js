/** Retro: a printed street map of the last century, its inks not quite in register. */

import {layersOf} from '../src/layers.js';
import {ALL, MAIN, casings, shore} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'retro';
const WIDTH = 1.6;

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'retro-70s-earth', name: '70s Earth', paper: '#f5e6c8', text: '#4a2313', road: '#c1440e', middle: '#d9822b', lane: '#d9b983', water: '#5f9a8f', waterLine: '#3d7a70', green: '#a7a13c', buildings: '#b8743a', accent: '#c1440e'},
  {id: 'retro-80s-synthwave', name: '80s Synthwave', paper: '#1b0f3a', text: '#ffe9ff', road: '#ffdf6b', middle: '#ff4fa0', lane: '#6a2f93', water: '#12224f', waterLine: '#2de2e6', green: '#3a1a66', buildings: '#8a3fc0', accent: '#2de2e6'},
  {id: 'retro-90s-teal', name: '90s Teal', paper: '#f3f1ea', text: '#2e2260', road: '#5b2a8c', middle: '#c85a9e', lane: '#c9bfd6', water: '#25a5a3', waterLine: '#12807f', green: '#f0c64a', buildings: '#8476b5', accent: '#e0559a'},
  {id: 'retro-faded-polaroid', name: 'Faded Polaroid', paper: '#f6efe2', text: '#474a52', road: '#8c4a44', middle: '#c4846c', lane: '#dcc6b0', water: '#8dc0ba', waterLine: '#5f9f9c', green: '#cdcf86', buildings: '#b39b8c', accent: '#d98c74'},
  {id: 'retro-art-deco', name: 'Art Deco', paper: '#14211f', text: '#f0dca8', road: '#e8c772', middle: '#a8894a', lane: '#45503f', water: '#0c3a3a', waterLine: '#c9a859', green: '#1f4a3a', buildings: '#a8894a', accent: '#d9b65f'},
];

export const retro = {
  id: ID,
  name: 'Retro / Nostalgic',
  description: 'Offset print of the 70s, 80s and 90s.',
  recommendedFonts: ['Outfit', 'Space Grotesk', 'Archivo Black', 'Righteous'],
  defaultPalette: 'retro-70s-earth',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {
    misregister: 1.1, halftone: 0.75, halftoneSize: 5, scratch: 0.2, clouding: 0.12, cloudingSize: 200, grain: 0.04, grainSize: 1,
    vignette: 0.15,
  },
  layers: layersOf({
    font: 'Outfit Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 1, park: 0.8, buildings: 0.4},
    bridges: false,
    piers: false,
    roadWidth: WIDTH,
    cover: 2.2,
    ornaments: {
      onWater: [
        shore('band-2', {role: 'shallow', width: 1.6, offset: 5.2}),
        shore('band-1', {role: 'shallow', width: 2.2, offset: 2}),
        shore('shore', {role: 'waterLine', width: 1.4}),
      ],
      underRoads: [
        ...casings(MAIN, {role: 'background', width: 2.2}, {roadWidth: WIDTH, name: 'gap'}),
        ...casings(ALL.slice(2), {role: 'casing', width: 0.9}, {roadWidth: WIDTH}),
      ],
    },
  }),
};
