/** Abstract: blocks of bold colour, with the streets as the leading between them. */

import {layersOf} from '../src/layers.js';
import {buildingEdges, quarters} from '../src/ornaments.js';
import {palette} from './ramp.js';

const ID = 'abstract';

/** @type {import('./ramp.js').Chosen[]} */
const PALETTES = [
  {id: 'abstract-blocks', name: 'Blocks', paper: '#f6f0e2', text: '#15171c', road: '#15171c', middle: '#3f4046', lane: '#85827c', water: '#2b62b0', waterLine: '#1d4a8c', green: '#e9b72f', landuse: '#f0d9b5', buildings: '#d9482b', accent: '#d9402a'},
  {id: 'abstract-pastel', name: 'Pastel', paper: '#fdf7f1', text: '#463f63', road: '#51497a', middle: '#8a80ab', lane: '#bdb3cc', water: '#a8cfe6', waterLine: '#7fb1d2', green: '#b9dfc0', landuse: '#fbe3b9', buildings: '#f2aeb4', accent: '#f4a9a8'},
  {id: 'abstract-neon', name: 'Neon', paper: '#120b22', text: '#fbf7ff', road: '#fdf94f', middle: '#ff4fa3', lane: '#6a2d86', water: '#1746d8', waterLine: '#4b78ff', green: '#0c8f74', landuse: '#2a1650', buildings: '#e0218a', accent: '#c2187f'},
  {id: 'abstract-earth', name: 'Earth', paper: '#f3e7d3', text: '#33231a', road: '#3b2519', middle: '#73513b', lane: '#aa9074', water: '#4f8284', waterLine: '#35686b', green: '#9a9a4e', landuse: '#e3c290', buildings: '#b5532f', accent: '#c06b3a'},
  {id: 'abstract-emerald-city', name: 'Emerald City', paper: '#eef4e8', text: '#0d3326', road: '#0c3b2b', middle: '#3c7a5f', lane: '#8db49d', water: '#157a78', waterLine: '#0f5e5d', green: '#5db85c', landuse: '#d2e6a8', buildings: '#1f9c6b', accent: '#2fae7c'},
  {id: 'abstract-amethyst', name: 'Amethyst', paper: '#f5eff8', text: '#321a52', road: '#3a1d60', middle: '#7a56a3', lane: '#b7a0cc', water: '#5965c4', waterLine: '#3f4aa3', green: '#8fb7a6', landuse: '#e9d3ea', buildings: '#a558c0', accent: '#c070c8'},
  {id: 'abstract-sapphire', name: 'Sapphire', paper: '#edf3fa', text: '#0c2352', road: '#0d2a66', middle: '#456fae', lane: '#94b2d6', water: '#1c57c4', waterLine: '#12429c', green: '#6fbcb8', landuse: '#cfe0f5', buildings: '#3a86d8', accent: '#58a4e6'},
  {id: 'abstract-ruby', name: 'Ruby', paper: '#fbf0ec', text: '#4f0f1e', road: '#5f1024', middle: '#a44a54', lane: '#d0a19b', water: '#4b4f7d', waterLine: '#35395f', green: '#d99a54', landuse: '#f5d5c0', buildings: '#c22743', accent: '#d8455a'},
  {id: 'abstract-obsidian--gold', name: 'Obsidian & Gold', paper: '#121214', text: '#f4e3b5', road: '#f6cf68', middle: '#a98536', lane: '#574a2e', water: '#262a33', waterLine: '#4c525e', green: '#3a3520', landuse: '#1f1d1a', buildings: '#b8892f', accent: '#5f4a1c'},
];

export const abstract = {
  id: ID,
  name: 'Abstract / Artistic',
  description: 'Bold blocks of colour between black streets.',
  recommendedFonts: ['Outfit', 'Space Grotesk', 'Syne', 'Unbounded'],
  defaultPalette: 'abstract-blocks',
  palettes: PALETTES.map((chosen) => palette(ID, chosen)),
  finish: {blocks: 0.9, blocksSize: 150, wobble: 0.8, wobbleSize: 20, grain: 0.03, grainSize: 1},
  layers: layersOf({
    font: 'Space Grotesk Medium',
    cap: 'round',
    join: 'round',
    opacity: {water: 1, waterway: 0.7, park: 0.8, buildings: 0.6},
    density: [0, 0.1, 0.3, 0.5, 0.7],
    bridges: false,
    piers: true,
    roadWidth: 1.9,
    cover: 2.2,
    labelSizes: {country: {2: 14, 6: 22}, state: {3: 13, 8: 20}, city: {4: 12, 12: 19}},
    ornaments: {
      onWater: quarters({
        work: {role: 'accent', classes: ['commercial', 'industrial', 'retail', 'railway', 'military'], opacity: 0.85},
        life: {role: 'ground', classes: ['school', 'university', 'college', 'hospital', 'stadium', 'pitch'], opacity: 0.9},
      }),
      onGround: [buildingEdges({role: 'background', width: 0.6, opacity: 0.7})],
    },
  }),
};
