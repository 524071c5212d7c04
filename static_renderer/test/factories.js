/** Values for tests, made with as few words as the test needs. */

import {mercatorX, mercatorY} from '../src/camera.js';
import {frameOf} from '../src/frame.js';
import {View} from '../src/view.js';

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
 * @param {{location?: object, typography?: object, format?: object, layers?: object,
 *   markers?: import('../src/types.js').Marker[]}} given
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
      contours: false, contourDensity: 50, volumetricTerrain: false, volumetricTerrainExaggeration: 1.5,
      terrainDetailLevel: 'normal', terrain: false, terrainUnderWater: false, terrainShadows: false,
      terrainFog: true, terrainFogColor: 'rgba(205, 225, 245, 0.5)', terrainFogRange: [0.5, 10],
      connectMarkers: false, markerPathColor: null, markerPathWidth: 2, markerPathStyle: 'solid',
      showSegmentLengths: false, markerPathLabelStyle: 'standard', markerPathLabelSize: 12,
      fillMarkers: false, markerFillColor: null,
      graticules: false, graticuleWeight: 1, graticuleLabelSize: 12, graticuleDensity: 10, showScale: false,
      ...given.layers,
    },
    markers: given.markers ?? [],
    watermark: '',
  };
}

/** @param {Partial<import('../src/types.js').Marker>} given @returns {import('../src/types.js').Marker} */
export function marker(given = {}) {
  return {
    id: '', lat: 0, lng: 0, label: '', type: 'pin', color: null, size: 30, labelStyle: 'standard',
    labelColor: null, labelSize: 14, ...given,
  };
}

/** The view of a map seen from straight above. @param {{zoom?: number, center?: [number, number]}} given */
export function flatView({zoom = 1, center = [0, 0]} = {}) {
  const frame = frameOf(format(), 2400, 3600);
  const pixels = 512 * 2 ** zoom * frame.scale;
  const [x, y] = [mercatorX(center[0]), mercatorY(center[1])];
  return new View(([lng, lat]) => ({
    x: frame.center.x + (mercatorX(lng) - x) * pixels,
    y: frame.center.y + (mercatorY(lat) - y) * pixels,
  }), {center, zoom, bearing: 0, pitch: 0}, frame);
}
