/** Minimal Line Art: streets as a drawing in one ink. */

import {layersOf} from '../src/layers.js';
import {palette} from './ramp.js';

const ID = 'minimal';

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'ink', name: 'Ink', paper: '#fbfaf7', text: '#14171a', road: '#14171a', lane: '#aeb2b6', water: '#d6dde2', green: '#d3dacb'},
  {id: 'charcoal', name: 'Charcoal', paper: '#f2f1ee', text: '#2b2d30', road: '#33363a', lane: '#b4b5b6', water: '#cfd5d9', green: '#cfd4c8'},
  {id: 'navy', name: 'Navy', paper: '#f7f6f1', text: '#12294d', road: '#17315c', lane: '#a9b5c8', water: '#cbd9e8', green: '#d6dccd'},
  {id: 'warm', name: 'Warm', paper: '#faf4ea', text: '#463425', road: '#5a4331', lane: '#cbb9a4', water: '#d5dcd8', green: '#dcdcbe'},
  {id: 'blush', name: 'Blush', paper: '#fcf3f1', text: '#5c2f39', road: '#7b3f4c', lane: '#dfbdbf', water: '#dfdde6', green: '#dfdfd0'},
  {id: 'sage', name: 'Sage', paper: '#f4f6f0', text: '#2f4234', road: '#3d5744', lane: '#b3c2b2', water: '#cfdedd', green: '#c7d6b9'},
  {id: 'copper', name: 'Copper', paper: '#faf5f0', text: '#5d3017', road: '#95491f', lane: '#dcbda6', water: '#d2dddd', green: '#dadcc5', accent: '#b5652f'},
  {id: 'fjord', name: 'Fjord', paper: '#f2f5f5', text: '#163a43', road: '#1f4d58', lane: '#a4bcc0', water: '#b5d0d5', green: '#cddacb'},
  {id: 'arctic-dawn', name: 'Arctic Dawn', paper: '#f6f6fa', text: '#36385a', road: '#52557f', lane: '#bfc0d6', water: '#cddfec', green: '#dbe2dc', accent: '#c97f8a'},
  {id: 'hygge', name: 'Hygge', paper: '#f6f0e6', text: '#3f3a34', road: '#5b5148', lane: '#c6b9a8', water: '#c8d3d3', green: '#cfd2b4', accent: '#b1653f'},
  {id: 'birch-forest', name: 'Birch Forest', paper: '#f7f6f2', text: '#2d2f2a', road: '#3b3f37', lane: '#b9bbb1', water: '#d0d9d9', green: '#c9d4b4'},
  {id: 'midnight-sun', name: 'Midnight Sun', paper: '#16202e', text: '#f5dfa8', road: '#f3c969', lane: '#5d5a54', water: '#0e1723', green: '#243430'},
  {id: 'wabi-sabi', name: 'Wabi-Sabi', paper: '#efeae0', text: '#45413a', road: '#5e574d', lane: '#bfb6a6', water: '#c7cdc9', green: '#c9cbb2'},
  {id: 'indigo--rice', name: 'Indigo & Rice', paper: '#f8f5ea', text: '#232a5c', road: '#2c3674', lane: '#b4b7cf', water: '#cdd5e2', green: '#dcdfcb'},
  {id: 'cherry-blossom', name: 'Cherry Blossom', paper: '#fdf5f5', text: '#4d2c3c', road: '#a4506b', lane: '#e6c2ca', water: '#d9e2ea', green: '#dfe5d3'},
  {id: 'zen-garden', name: 'Zen Garden', paper: '#f3f2ea', text: '#363b33', road: '#4d5548', lane: '#bcc0b0', water: '#cdd7d2', green: '#c2ceaa'},
  {id: 'ukiyo-e', name: 'Ukiyo-e', paper: '#f4ead3', text: '#1d3557', road: '#24466f', lane: '#b6b39f', water: '#a9c4cf', green: '#c9cd9f', accent: '#b8412c'},
  {id: 'pure-white', name: 'Pure White', paper: '#ffffff', text: '#000000', road: '#000000', lane: '#b8b8b8', water: '#e3e3e3', green: '#ececec'},
  {id: 'void', name: 'Void', paper: '#0a0a0b', text: '#f4f4f2', road: '#f4f4f2', lane: '#474749', water: '#1b1d20', green: '#171a17'},
  {id: 'blue-mono', name: 'Blue Mono', paper: '#f0f5fa', text: '#0f3d6e', road: '#145089', lane: '#a3bfdb', water: '#c3d9ed', green: '#d5e3ea'},
  {id: 'sepia-mono', name: 'Sepia Mono', paper: '#f6eedf', text: '#4b3219', road: '#6a4723', lane: '#cdb694', water: '#e0d2b8', green: '#e2d8b9'},
];

export const minimal = {
  id: ID,
  name: 'Minimal Line Art',
  description: 'Clean monochrome streets on paper, nothing else in the way.',
  recommendedFonts: ['Inter', 'Helvetica Neue', 'Outfit', 'DM Sans'],
  defaultPalette: 'ink',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  layers: layersOf({
    font: 'Inter Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.7, park: 0.3, buildings: 0.15},
    bridges: true,
    piers: false,
  }),
};
