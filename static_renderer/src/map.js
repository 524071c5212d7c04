/** The map of one poster: settled small, then drawn once at full size. */

import * as maplibregl from '../vendor/maplibre-gl/dist/maplibre-gl.mjs';

import {sharpenDrape} from './drape.js';
import {Failure} from './failure.js';

/**
 * Pixel ratio while tiles and labels arrive. Which tiles are needed and where labels stand depends
 * on CSS pixels only, so every frame before the last may be this cheap.
 */
const SETTLE_RATIO = 0.25;
/** Above this share of failed tiles the map has holes that a reader would see. */
const TOLERATED_MISSES = 0.02;
/** Share of the waiting time after which a map that lacks nothing but its relief is drawn without. */
const RELIEF_SHARE = 0.6;
/** MapLibre floors the canvas' size; this much more keeps 999.9999 from becoming 999. */
const HAIR = 1e-6;
const CORRUPT = 415;

export class PosterMap {
  #map;
  #frame;
  #relief;
  #reliefRemoved;
  #maxSize;
  #asked = new Set();
  #ended = new Set();
  /** @type {Map<string, number>} tile -> HTTP status, 0 for a tile that could not be read */
  #failed = new Map();
  /** @type {Failure | null} */
  #broken = null;
  #changed = () => {};

  /**
   * @param {import('./types.js').Frame} frame
   * @param {import('./types.js').Camera} camera
   * @param {import('maplibre-gl').StyleSpecification} style
   * @param {import('./gateway.js').Gateway} gateway
   * @param {number} maxSize the longest side WebGL can draw
   * @param {import('./relief.js').Relief} relief
   */
  constructor(frame, camera, style, gateway, maxSize, relief) {
    this.#frame = frame;
    this.#relief = relief;
    this.#reliefRemoved = relief.isLost;
    this.#maxSize = maxSize;
    // Whole numbers of CSS pixels, at least as large as the frame; what is too much lies below it
    // and to its right, and is taken out of the camera's view by padding, so that the map's middle
    // is the frame's.
    const [width, height] = [Math.ceil(frame.css.width - HAIR), Math.ceil(frame.css.height - HAIR)];
    this.container = document.createElement('div');
    this.container.className = 'map';
    Object.assign(this.container.style, {width: `${width}px`, height: `${height}px`});
    document.body.append(this.container);
    this.#map = new maplibregl.Map({
      container: this.container,
      style,
      pixelRatio: SETTLE_RATIO,
      maxCanvasSize: [maxSize, maxSize],
      // The ranges of the API, so that nothing asked for is clamped on the way.
      minZoom: -2,
      maxZoom: 24,
      interactive: false,
      attributionControl: false,
      trackResize: false,
      fadeDuration: 0,
      refreshExpiredTiles: false,
      transformRequest: (url, kind) => (kind === 'Tile' ? gateway.named(url) : {url}),
    });
    this.#listen();
    // Rounding may leave a hair less than nothing, which MapLibre refuses.
    const [right, bottom] = [Math.max(0, width - frame.css.width), Math.max(0, height - frame.css.height)];
    this.#map.jumpTo({...camera, padding: {top: 0, left: 0, right, bottom}});
  }

  /**
   * Waits until everything the map shows is there.
   * @param {number} timeoutMs
   * @param {(done: number, total: number) => void} onTiles
   * @throws {Failure} when it does not settle in time, or too much of it is missing
   */
  async settle(timeoutMs, onTiles) {
    const reliefMs = Math.round(RELIEF_SHARE * timeoutMs);
    const patience = setTimeout(() => this.#waitNoMoreForRelief(reliefMs), reliefMs);
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // `idle` may stay away on software WebGL although nothing is missing.
        if (this.#isComplete()) resolve(null);
        else reject(this.#overdue(timeoutMs));
      }, timeoutMs);
      this.#changed = () => {
        onTiles(this.#ended.size, this.#asked.size);
        if (this.#broken) {
          clearTimeout(timer);
          reject(this.#broken);
        }
      };
      this.#map.on('idle', () => {
        if (!this.#isComplete()) return;
        clearTimeout(timer);
        resolve(null);
      });
      this.#changed();
    }).finally(() => clearTimeout(patience));
    this.#changed = () => {};
    this.#judgeTiles();
  }

  /**
   * Draws the map at full size into *ink*, at the frame. The drawing is gone once control returns
   * to the browser, so *ink* takes it at once.
   * @param {OffscreenCanvasRenderingContext2D} ink
   */
  drawInto(ink) {
    const {map: target, css, scale} = this.#frame;
    this.#map.setPixelRatio(scale + HAIR / css.width);
    sharpenDrape(this.#map, scale, this.#maxSize);
    this.#map.redraw();
    const canvas = this.#map.getCanvas();
    this.#checkSize(canvas);
    ink.drawImage(canvas, 0, 0, target.width, target.height, target.x, target.y, target.width, target.height);
    return canvas;
  }

  /** How many features are to be seen, not counting the background. */
  featureCount() {
    // The tiles of a raster hold no features; one that came is to be seen.
    const {sources} = this.#map.getStyle();
    const pictures = [...this.#ended].filter((key) => !this.#failed.has(key) && sources[sourceOf(key)]?.type === 'raster');
    return this.#map.queryRenderedFeatures().length + pictures.length;
  }

  /** The different credits of the sources that are shown, as they tell them. @returns {string[]} */
  credits() {
    const shown = this.#map.getStyle().layers
      .filter((layer) => layer.layout?.visibility !== 'none')
      .map((layer) => ('source' in layer ? this.#map.getSource(String(layer.source))?.attribution : ''));
    return [...new Set(shown)].filter((credit) => typeof credit === 'string' && credit !== '').map(String);
  }

  /** All that the labels say that are to be seen. @returns {string} */
  labelText() {
    const layers = this.#map.getLayersOrder().filter((id) => this.#map.getLayer(id)?.type === 'symbol');
    if (!layers.length) return '';
    const labels = /** @type {any[]} */ (this.#map.queryRenderedFeatures({layers}));
    return labels.map(({layer}) => String(layer.layout?.['text-field'] ?? '')).join(' ');
  }

  /** Returns the poster's pixel that shows *place*. @param {[number, number]} place [lng, lat] */
  project(place) {
    const {map: target, scale} = this.#frame;
    const {x, y} = this.#map.project(place);
    return {x: target.x + x * scale, y: target.y + y * scale};
  }

  /** What the camera really is, after MapLibre kept it on the map. @returns {import('./types.js').Camera} */
  camera() {
    const {lng, lat} = this.#map.getCenter();
    return {
      center: [lng, lat],
      zoom: this.#map.getZoom(),
      bearing: this.#map.getBearing(),
      pitch: this.#map.getPitch(),
    };
  }

  /** What is to be seen, from outside. @returns {[west: number, south: number, east: number, north: number]} */
  bounds() {
    const [[west, south], [east, north]] = this.#map.getBounds().toArray();
    return [west, south, east, north];
  }

  /** @returns {{loaded: number, failed: number}} */
  tiles() {
    return {loaded: this.#ended.size - this.#failed.size, failed: this.#failed.size};
  }

  /** Gives everything back; nothing of it is seen by the next poster. */
  remove() {
    if (!this.container.isConnected) return;
    this.#map.remove();
    this.container.remove();
  }

  #listen() {
    this.#map.on('sourcedataloading', (event) => this.#note(this.#asked, event));
    this.#map.on('sourcedata', (event) => this.#note(this.#ended, event));
    this.#map.on('sourcedataabort', (event) => {
      const key = keyOf(event);
      if (key && this.#asked.delete(key)) this.#changed();
    });
    this.#map.on('error', (event) => this.#fail(event));
    this.#map.on('webglcontextlost', () => this.#break(new Failure('render_error', 'the WebGL context was lost')));
  }

  /** @param {Set<string>} tiles @param {object} event */
  #note(tiles, event) {
    const key = keyOf(event);
    if (!key || tiles.has(key)) return;
    tiles.add(key);
    this.#changed();
  }

  /** @param {any} event */
  #fail(event) {
    const key = keyOf(event);
    const status = event.error?.status ?? 0;
    const message = String(event.error?.message ?? event.error);
    if (this.#relief.owns(event)) {
      this.#loseRelief(`its tiles could not be fetched (${message})`);
    } else if (key) {
      this.#failed.set(key, status);
      this.#ended.add(key);
      this.#changed();
    } else if (event.sourceId) {
      this.#break(new Failure('tiles_unavailable', `source ${event.sourceId}: ${message}`));
    } else if (status) {
      // A sprite or glyphs: what came with an HTTP status is no fault of the style.
      this.#break(new Failure('tiles_unavailable', message));
    } else {
      this.#break(new Failure('style_error', message));
    }
  }

  /** @param {number} afterMs */
  #waitNoMoreForRelief(afterMs) {
    const sources = this.#relief.sources.filter((id) => this.#map.getSource(id));
    if (sources.every((id) => this.#map.isSourceLoaded(id))) return;
    this.#loseRelief(`its tiles had not come after ${afterMs} ms`);
  }

  /**
   * Draws without relief from here on: one with holes and cliffs would be worse than none.
   * @param {string} why
   */
  #loseRelief(why) {
    if (this.#relief.isLost) return;
    this.#relief.lose(why);
    // Later: this may be within an event of the very source.
    setTimeout(() => this.#removeRelief());
  }

  #removeRelief() {
    if (!this.container.isConnected) return;
    this.#reliefRemoved = true;
    this.#map.setTerrain(null);
    for (const id of this.#map.getLayersOrder()) {
      if (this.#relief.owns(this.#map.getLayer(id) ?? {})) this.#map.removeLayer(id);
    }
    for (const id of this.#relief.sources) {
      if (this.#map.getSource(id)) this.#map.removeSource(id);
      for (const tiles of [this.#asked, this.#ended]) {
        for (const key of tiles) if (key.startsWith(`${id} `)) tiles.delete(key);
      }
    }
  }

  /** @param {Failure} failure */
  #break(failure) {
    this.#broken ??= failure;
    this.#changed();
  }

  #isComplete() {
    // A tile that failed counts as loaded for MapLibre.
    if (this.#relief.isLost !== this.#reliefRemoved) return false;
    return Boolean(this.#map.loaded() && this.#map.areTilesLoaded());
  }

  /** @param {number} timeoutMs */
  #overdue(timeoutMs) {
    const tiles = `${this.#ended.size} of ${this.#asked.size} tiles`;
    return new Failure('render_timeout', `the map had not settled after ${timeoutMs} ms, with ${tiles}`);
  }

  #judgeTiles() {
    const failed = this.#failed.size;
    if (failed <= TOLERATED_MISSES * this.#asked.size) return;
    const corrupt = [...this.#failed.values()].filter((status) => status === CORRUPT || status === 0).length;
    const statuses = [...new Set(this.#failed.values())].join(', ');
    throw new Failure(
      corrupt === failed ? 'tiles_corrupt' : 'tiles_unavailable',
      `${failed} of ${this.#asked.size} tiles failed (status ${statuses})`,
    );
  }

  /** @param {HTMLCanvasElement} canvas */
  #checkSize(canvas) {
    const {map: target} = this.#frame;
    const gl = canvas.getContext('webgl2');
    const [width, height] = [gl?.drawingBufferWidth ?? 0, gl?.drawingBufferHeight ?? 0];
    if (width < target.width || height < target.height) {
      throw new Failure('canvas_clamped', `the map is ${width}x${height}, not ${target.width}x${target.height}`);
    }
  }
}

/** @param {string} key of `keyOf` */
function sourceOf(key) {
  return key.slice(0, key.lastIndexOf(' '));
}

/** @param {any} event @returns {string | null} */
function keyOf(event) {
  return event.tile ? `${event.sourceId ?? event.source?.id} ${event.tile.tileID.key}` : null;
}
