/** What map layers are made of. Colours are roles: `applyPalette` puts the palette's in. */

/** @typedef {Record<number, number>} Stops CSS pixels by zoom */

export const SOURCE = 'openmaptiles';

/**
 * @param {string} id
 * @param {string} sourceLayer
 * @param {unknown[] | null} filter
 * @param {Stops} widths
 * @param {Record<string, any>} rest
 */
export function line(id, sourceLayer, filter, widths, rest) {
  return {
    id, type: 'line', source: SOURCE, 'source-layer': sourceLayer,
    ...(filter ? {filter} : {}),
    ...rest,
    paint: {'line-width': byZoom(widths), ...rest.paint},
  };
}

/** @param {Stops} stops */
export function byZoom(stops) {
  const entries = Object.entries(stops);
  if (entries.length === 1) return entries[0][1];
  return ['interpolate', ['linear'], ['zoom'], ...entries.flatMap(([zoom, value]) => [Number(zoom), value])];
}

/** @param {Stops} stops @param {number} factor */
export function times(stops, factor) {
  const round = (/** @type {number} */ x) => Math.round(x * 1000) / 1000;
  return Object.fromEntries(Object.entries(stops).map(([zoom, value]) => [zoom, round(value * factor)]));
}

/** @param {Record<string, string>} roles paint property -> role */
export function colours(roles) {
  return {'poster:colours': roles};
}

/** @param {string} name */
export function toggle(name) {
  return {'poster:toggle': name};
}

export function weighted() {
  return {'poster:weighted': true};
}
