/** The poster styles: read by the renderer page, by the API and by web apps. */

import minimal from './styles/minimal.json' with {type: 'json'};

export {applyPalette, isOn} from './src/apply-palette.js';
export {contrast, darken, isDark, legible, mix, parse, withAlpha} from './src/colour.js';

export const styles = [minimal];

/** @param {string} id */
export function getStyleById(id) {
  return styles.find((style) => style.id === id);
}

export function getDefaultStyle() {
  return minimal;
}
