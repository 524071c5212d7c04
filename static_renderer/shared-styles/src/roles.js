/** What each part of a map is coloured with: the named roles a palette gives rise to. */

import {darken, isDark, mix, saturate} from './colour.js';

const SUNFLOWER = '#ffc72c';
const SADDLE_BROWN = '#8b4513';
const OLIVE = '#808000';
const YELLOW_GREEN = '#9acd32';
const ALICE_BLUE = '#f0f8ff';
const DODGER_BLUE = '#1e90ff';

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
    rail: palette.roads.railroad ?? palette.roads.secondary,
    ...Object.fromEntries(
      Object.entries(palette.roads).map(([name, colour]) => [`roads.${name}`, colour]),
    ),
  };
}
