/** What a poster asked for and this page cannot show: told as warnings, never passed over. */

/** @typedef {import('./types.js').Warning} Warning */

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
export function notDrawn(config, zoom) {
  const {layers, format} = config;
  /** @type {Warning[]} */
  const warnings = [];
  for (const [toggle, [from, what]] of Object.entries(DEEP)) {
    if (layers[toggle] && zoom < from) {
      warnings.push(warning('layer_below_zoom', toggle, `the map has ${what} from zoom ${from}, the camera is at ${round(zoom)}`));
    }
  }
  if (layers.terrainShadows) {
    warnings.push(warning('not_drawn', 'terrainShadows', 'hills cast no shadows upon other land; their own sides are shaded'));
  }
  if (format.compassRose && format.maskShape !== 'circular') {
    warnings.push(warning('not_drawn', 'compassRose', 'a compass rose needs a circular mask'));
  }
  for (const [field, what] of marksWithoutGround(config)) warnings.push(warning('not_drawn', field, what));
  return warnings;
}

/** @param {import('./types.js').PosterConfig} config @returns {Iterable<[field: string, what: string]>} */
function* marksWithoutGround({layers, markers}) {
  if (layers.showScale && layers.buildings3DPitch > 0) {
    yield ['showScale', 'a scale bar needs a map seen from straight above'];
  }
  if (layers.connectMarkers && markers.length < 2) yield ['connectMarkers', 'a path needs two markers'];
  if (layers.fillMarkers && markers.length < 3) yield ['fillMarkers', 'an area needs three markers'];
  if (layers.showSegmentLengths && !layers.connectMarkers) {
    yield ['showSegmentLengths', 'lengths need a path: connectMarkers'];
  }
}

/** @param {string} code @param {string} field @param {string} message @returns {Warning} */
function warning(code, field, message) {
  return {code, field, message: `${message}.`};
}

/** @param {number} x */
function round(x) {
  return Math.round(x * 100) / 100;
}
