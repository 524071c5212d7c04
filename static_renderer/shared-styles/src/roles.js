/** What each part of a map is coloured with: the named roles a palette gives rise to. */

import {darken, isDark, mix, saturate} from './colour.js';

const SUNFLOWER = '#ffc72c';
const SADDLE_BROWN = '#8b4513';
const OLIVE = '#808000';
const YELLOW_GREEN = '#9acd32';
const ALICE_BLUE = '#f0f8ff';
const DODGER_BLUE = '#1e90ff';
const BLACK = '#000000';
const NAVY = '#04102a';

/**
 * Returns every role's colour. A layer names its role in `metadata['poster:colours']`.
 * @param {import('../index.js').Palette} palette
 * @returns {Record<string, string>}
 */
export function rolesOf(palette) {
  const dark = isDark(palette.background);
  const green = palette.greenSpace;
  return {
    background: palette.background,
    text: palette.text,
    water: palette.water,
    waterLine: palette.waterLine,
    park: palette.parks ?? green,
    wood: saturate(darken(green, 0.25), 0.1),
    grass: saturate(green, 0.2),
    farmland: mix(green, dark ? SADDLE_BROWN : SUNFLOWER, 0.35),
    ice: dark ? DODGER_BLUE : ALICE_BLUE,
    forest: saturate(darken(green, 0.3), 0.1),
    orchard: mix(green, OLIVE, 0.4),
    vineyard: mix(green, YELLOW_GREEN, 0.3),
    cemetery: darken(saturate(green, -0.4), 0.1),
    buildings: palette.buildings,
    boundary: palette.border,
    ground: palette.landuse,
    accent: palette.accent ?? palette.text,
    population: palette.population ?? palette.accent ?? palette.primary ?? palette.roads.motorway,
    casing: mix(palette.text, palette.background, dark ? 0.55 : 0.2),
    shallow: mix(palette.water, palette.background, 0.5),
    hedge: mix(green, palette.text, 0.35),
    ...reliefRoles(palette, dark),
    rail: palette.roads.railroad ?? palette.roads.secondary,
    ...Object.fromEntries(
      Object.entries(palette.roads).map(([name, colour]) => [`roads.${name}`, colour]),
    ),
  };
}

/** @param {import('../index.js').Palette} palette @param {boolean} dark @returns {Record<string, string>} */
function reliefRoles(palette, dark) {
  const contour = palette.contour ?? palette.secondary ?? palette.roads.secondary;
  const ink = palette.hillshade ?? palette.secondary ?? palette.text;
  // On dark paper light shows the form, and shadow can only be blacker.
  const lit = dark && !palette.hillshade;
  return {
    contour,
    contourIndex: palette.contourIndex ?? contour,
    'hillshade.shadow': lit ? BLACK : ink,
    'hillshade.accent': lit ? BLACK : ink,
    'hillshade.highlight': lit ? ink : palette.background,
    depth: mix(palette.water, NAVY, 0.6),
    abyss: mix(palette.water, NAVY, 0.85),
  };
}
