/** What a poster asked for and this page cannot show: told as warnings, never passed over. */

/** @typedef {import('./types.js').Warning} Warning */

const TOGGLES = {
  terrain: 'hillshading', terrainUnderWater: 'bathymetry', contours: 'contour lines', population: 'population',
};
/** From which zoom the tiles hold them. @type {Record<string, [from: number, what: string]>} */
const DEEP = {
  buildings: [13, 'buildings'],
  buildings3D: [13, '3D buildings'],
  pois: [12, 'points of interest'],
};

/**
 * @param {import('./types.js').PosterConfig} config
 * @param {number} zoom
 * @returns {Warning[]}
 */
export function notDrawn({layers, format}, zoom) {
  /** @type {Warning[]} */
  const warnings = [];
  for (const [toggle, what] of Object.entries(TOGGLES)) {
    if (layers[toggle]) warnings.push(warning('layer_not_drawn', toggle, `${what} cannot be drawn yet`));
  }
  for (const [toggle, [from, what]] of Object.entries(DEEP)) {
    if (layers[toggle] && zoom < from) {
      warnings.push(warning('layer_below_zoom', toggle, `the map has ${what} from zoom ${from}, the camera is at ${round(zoom)}`));
    }
  }
  if (format.compassRose && format.maskShape !== 'circular') {
    warnings.push(warning('not_drawn', 'compassRose', 'a compass rose needs a circular mask'));
  }
  return warnings;
}

/** @param {string} code @param {string} field @param {string} message @returns {Warning} */
function warning(code, field, message) {
  return {code, field, message: `${message}.`};
}

/** @param {number} x */
function round(x) {
  return Math.round(x * 100) / 100;
}
