/**
 * The relief of one poster: hillshading, contour lines, depths and 3D terrain, all of the same
 * elevation tiles. Relief is worth no failure: a poster that cannot have it is drawn without, and
 * says so.
 */

import {contourInterval, isOn} from '../shared-styles/index.js';

import {CONTOUR_TILES, serveContours} from './contours.js';
import {within} from './deadline.js';
import {FOG, inFog} from './fog.js';
import {withDefaults} from './unsaid.js';

/** @typedef {import('./types.js').TileJson} TileJson */
/** @typedef {import('./types.js').Warning} Warning */
/** @typedef {[west: number, south: number, east: number, north: number]} Bounds */

/** What is made from elevation, by its toggle. @type {Record<string, string>} */
const PARTS = {
  terrain: 'hillshading', terrainUnderWater: 'bathymetry', contours: 'contour lines', volumetricTerrain: '3D terrain',
};
const NONE = 'no elevation source is configured';
const ELSEWHERE = 'the elevation source does not cover this place';
/** Of shading, lines and 3D terrain with its fog; terrain has a copy of the first, as MapLibre asks. */
const SOURCES = ['terrain', 'contours', 'terrain-3d', FOG];
/** Lines are made for these zooms; deeper maps magnify the deepest. */
const LINES_FROM = 9;
const LINES_TO = 15;
/** CSS pixels a tile covers: smaller ones are more and finer ones. @type {Record<string, number>} */
const TILE_SIZES = {normal: 256, high: 128, ultra: 64};

export class Relief {
  #layers;
  #parts;
  /** @type {TileJson | null} */
  #elevation = null;
  /** Why there is no relief; empty while there is. */
  #lost = '';
  #stopServing = () => {};
  #liftFog = () => {};
  #indexed = false;

  /** @param {import('./types.js').Layers} layers */
  constructor(layers) {
    this.#layers = layers;
    this.#parts = Object.keys(PARTS).filter((part) => isOn(part, withDefaults(layers)));
  }

  /**
   * Asks what elevation there is, when any is wanted.
   * @param {import('./gateway.js').Gateway} gateway
   * @param {number} timeoutMs
   */
  async find(gateway, timeoutMs) {
    if (!this.#parts.length) return;
    try {
      const {tilejson, code} = await within(timeoutMs, 'answer of the elevation source', gateway.elevation());
      this.#elevation = tilejson;
      if (!tilejson) this.lose(code === 'not_found' ? NONE : `the elevation source failed (${code})`);
    } catch (error) {
      this.lose(`the elevation source failed (${error instanceof Error ? error.message : error})`);
    }
  }

  /**
   * Returns *style* with the sources of this relief, and without the layers that have none.
   * @param {import('maplibre-gl').StyleSpecification} style
   * @param {import('./gateway.js').Gateway} gateway
   * @param {number} timeoutMs
   * @param {import('./types.js').Camera} camera
   * @param {{width: number, height: number}} css size of the map
   * @returns {import('maplibre-gl').StyleSpecification}
   */
  put(style, gateway, timeoutMs, camera, css) {
    const others = Object.entries(style.sources).filter(([id]) => !SOURCES.includes(id));
    const own = this.#elevation ? this.#sources(this.#elevation) : {};
    const layers = style.layers.filter((layer) => !this.owns(layer) || /** @type {any} */ (layer).source in own);
    this.#indexed = layers.some(({id}) => id === 'contours-index');
    if (this.#elevation && this.#layers.contours) {
      const interval = (/** @type {number} */ zoom) => contourInterval(zoom, this.#layers.contourDensity, this.#indexed);
      this.#stopServing = serveContours(gateway, this.#elevation, timeoutMs, interval);
    }
    const inRelief = {...style, layers, sources: {...Object.fromEntries(others), ...own}};
    if (!('terrain-3d' in own)) return inRelief;
    const exaggeration = this.#layers.volumetricTerrainExaggeration;
    const fogged = inFog({...inRelief, terrain: {source: 'terrain-3d', exaggeration}}, this.#layers, camera, css);
    this.#liftFog = fogged.lift;
    return fogged.style;
  }

  /** Whether a layer, or an event of a source, is part of the relief. @param {object} thing */
  owns(thing) {
    const {source, sourceId} = /** @type {any} */ (thing);
    return SOURCES.includes(sourceId ?? source?.id ?? source);
  }

  get sources() {
    return SOURCES;
  }

  get isLost() {
    return Boolean(this.#lost);
  }

  /** Gives the relief up. @param {string} why */
  lose(why) {
    this.#lost ||= why;
  }

  /**
   * What a reader of the poster is owed for it, when some of it is in *view*.
   * @param {Bounds} view
   */
  credit(view) {
    return this.#elevation && !this.#why(view) ? this.#elevation.attribution : '';
  }

  /**
   * @param {Bounds} view
   * @param {number} zoom
   * @returns {Warning[]}
   */
  warnings(view, zoom) {
    const why = this.#why(view);
    if (why) {
      // Nobody misses what an installation never has and the poster did not ask for.
      const missed = this.#parts.filter((part) => this.#layers[part] || ![NONE, ELSEWHERE].includes(why));
      return missed.map((part) => told('layer_not_drawn', part, `${PARTS[part]} cannot be drawn: ${why}`));
    }
    if (!this.#layers.contours) return [];
    if (zoom < LINES_FROM) {
      return [told('layer_below_zoom', 'contours', `contour lines are drawn from zoom ${LINES_FROM}`)];
    }
    const density = this.#layers.contourDensity;
    const apart = contourInterval(lineZoom(zoom), density, this.#indexed);
    if (apart <= density) return [];
    return [told('contours_wider', 'contourDensity', `at this zoom contour lines are ${apart} m apart`)];
  }

  /** Stops serving lines and fog. */
  close() {
    this.#stopServing();
    this.#liftFog();
  }

  /** @param {Bounds} view */
  #why(view) {
    if (this.#lost || !this.#elevation) return this.#lost;
    return overlap(view, this.#elevation.bounds) ? '' : ELSEWHERE;
  }

  /** @param {TileJson} elevation @returns {Record<string, import('maplibre-gl').SourceSpecification>} */
  #sources({tiles, minzoom, maxzoom, bounds}) {
    /** @type {import('maplibre-gl').RasterDEMSourceSpecification} */
    const heights = {
      type: 'raster-dem', encoding: 'terrarium', tiles, minzoom, maxzoom, bounds,
      tileSize: TILE_SIZES[this.#layers.terrainDetailLevel],
    };
    const {terrain, terrainUnderWater, contours, volumetricTerrain} =
      /** @type {Record<string, boolean>} */ (Object.fromEntries(this.#parts.map((part) => [part, true])));
    return {
      ...(terrain || terrainUnderWater ? {terrain: heights} : {}),
      ...(contours ? {contours: {
        type: 'vector', tiles: [CONTOUR_TILES], bounds, minzoom: Math.max(LINES_FROM, minzoom), maxzoom: LINES_TO,
      }} : {}),
      ...(volumetricTerrain ? {'terrain-3d': heights} : {}),
    };
  }
}

/** The zoom of the tiles with the lines that a map of *zoom* shows. @param {number} zoom */
function lineZoom(zoom) {
  return Math.min(LINES_TO, Math.floor(zoom));
}

/** @param {Bounds} one @param {Bounds} other */
export function overlap([west, south, east, north], other) {
  return west < other[2] && east > other[0] && south < other[3] && north > other[1];
}

/** @param {string} code @param {string} field @param {string} message @returns {Warning} */
function told(code, field, message) {
  return {code, field, message: `${message}.`};
}
