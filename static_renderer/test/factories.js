/** Values for tests, made with as few words as the test needs. */

/** @param {Partial<import('../src/types.js').Format>} given @returns {import('../src/types.js').Format} */
export function format(given = {}) {
  return {
    margin: 5, borderStyle: 'none', maskShape: 'rectangular', compassRose: false, texture: 'none',
    textureIntensity: 20, ...given,
  };
}

/** @param {Partial<import('../src/types.js').Typography>} given @returns {import('../src/types.js').Typography} */
export function typography(given = {}) {
  return {
    titleFont: null, subtitleFont: null, titleSize: 5, titleWeight: 800, titleLetterSpacing: 0.08,
    titleAllCaps: true, subtitleSize: 2.5, subtitleWeight: 400, subtitleLetterSpacing: 0.2,
    showTitle: true, showSubtitle: true, showCoordinates: true, position: 'bottom',
    textBackdrop: 'gradient', backdropHeight: 35, backdropAlpha: 1, backdropSharpness: 50,
    maxWidth: 80, offsetY: 0, textColor: null, ...given,
  };
}

/**
 * @param {{location?: object, typography?: object, format?: object, layers?: object}} given
 * @returns {import('../src/types.js').PosterConfig}
 */
export function config(given = {}) {
  return {
    location: {center: [71.43, 51.145], name: 'Astana', city: 'Kazakhstan', zoom: 12, bounds: null, ...given.location},
    style: 'minimal',
    palette: '',
    typography: typography(given.typography),
    format: format(given.format),
    layers: {
      marker: false, markerType: 'crosshair', markerColor: null, buildings3DPitch: 0, buildings3DBearing: 0,
      ...given.layers,
    },
  };
}
