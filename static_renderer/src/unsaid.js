/** What a config shows although it does not say so: hillshading and depths, where there is elevation. */

const BY_DEFAULT = ['terrain', 'terrainUnderWater'];

/**
 * Returns *layers* with that turned on, unless it was turned off.
 * @param {import('./types.js').Layers} layers
 * @returns {import('./types.js').Layers}
 */
export function withDefaults(layers) {
  return {...layers, ...Object.fromEntries(BY_DEFAULT.map((name) => [name, layers[name] ?? true]))};
}
