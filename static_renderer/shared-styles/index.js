/** The poster styles: read by the renderer page, by the API and by web apps. */

import abstract from './styles/abstract.json' with {type: 'json'};
import atmospheric from './styles/atmospheric.json' with {type: 'json'};
import blueprint from './styles/blueprint.json' with {type: 'json'};
import darkMode from './styles/dark-mode.json' with {type: 'json'};
import midnight from './styles/midnight.json' with {type: 'json'};
import minimal from './styles/minimal.json' with {type: 'json'};
import organic from './styles/organic.json' with {type: 'json'};
import retro from './styles/retro.json' with {type: 'json'};
import topographic from './styles/topographic.json' with {type: 'json'};
import vintage from './styles/vintage.json' with {type: 'json'};
import watercolor from './styles/watercolor.json' with {type: 'json'};

export {applyPalette, isOn} from './src/apply-palette.js';
export {contourInterval} from './src/elevation-layers.js';
export {lightOf} from './src/light.js';
export {contrast, darken, isDark, legible, mix, parse, withAlpha} from './src/colour.js';

export const styles = [
  minimal, darkMode, midnight, blueprint, vintage, topographic, watercolor, abstract, atmospheric, organic, retro,
];

/** @param {string} id */
export function getStyleById(id) {
  return styles.find((style) => style.id === id);
}

export function getDefaultStyle() {
  return minimal;
}
