/** The map of one poster: settled small, then drawn once at full size. */

import {coarsenDrape, sharpenDrape} from './drape.js';
import {Failure} from './failure.js';
import {borrowMap, giveBackMap, lookNowhere, paint, paintNothing, paintSmall, throwAwayMap} from './kept-map.js';

/** Above this share of failed tiles the map has holes that a reader would see. */
const TOLERATED_MISSES = 0.02;
/** Share of the waiting time after which a map that lacks nothing but its extras is drawn without. */
const EXTRAS_SHARE = 0.6;
/** This much more keeps 999.9999 from becoming 999. */
const HAIR = 1e-6;
const CORRUPT = 415;

export class PosterMap {
  #lent;
  #map;
  #crop;
  #frame;
  #extras;
  /** @type {Set<import('./types.js').Extra>} those given up, whose layers are gone */
  #removed;
  #maxSize;
  #asked = new Set();
  #ended = new Set();
  /** @type {Map<string, number>} tile -> HTTP status, 0 for a tile that could not be read */
  #failed = new Map();
  /** @type {Failure | null} */
  #broken = null;
  #changed = () => {};
  /** @type {import('maplibre-gl').Subscription[]} */
  #heard = [];
  #isGone = false;

  /**
   * @param {import('./types.js').Frame} frame
   * @param {import('./types.js').Camera} camera
   * @param {import('maplibre-gl').StyleSpecification} style
   * @param {import('./gateway.js').Gateway} gateway
   * @param {number} maxSize the longest side WebGL can draw
   * @param {import('./types.js').Extra[]} extras what it is drawn without rather than not at all
   */
  constructor(frame, camera, style, gateway, maxSize, extras) {
    this.#frame = frame;
    this.#extras = extras;
    this.#removed = new Set(extras.filter(({isLost}) => isLost));
    this.#maxSize = maxSize;
    // Whole numbers of CSS pixels, at least as large as the frame; what is too much lies below it
    // and to its right, and is taken out of the camera's view by padding, so that the map's middle
    // is the frame's.
    const [width, height] = [Math.ceil(frame.css.width - HAIR), Math.ceil(frame.css.height - HAIR)];
    this.#lent = borrowMap(width, height);
    ({map: this.#map, crop: this.#crop} = this.#lent);
    this.container = this.#map.getContainer();
    this.#listen();
    if (style.terrain) {
      paintSmall(this.#map);
      this.#hear('terrain', () => coarsenDrape(this.#map));
    } else {
      paintNothing(this.#map);
      this.enlarge();
    }
    lookNowhere(this.#map);
    this.#map.setTransformRequest((url, kind) => (kind === 'Tile' ? gateway.named(url) : {url}));
    this.#map.setStyle(style, {diff: false});
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
    const extrasMs = Math.round(EXTRAS_SHARE * timeoutMs);
    const patience = setTimeout(() => this.#waitNoMoreForExtras(extrasMs), extrasMs);
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
      this.#hear('idle', () => {
        if (!this.#isComplete()) return;
        clearTimeout(timer);
        resolve(null);
      });
      this.#changed();
    }).finally(() => clearTimeout(patience));
    this.#changed = () => {};
    this.#judgeTiles();
  }

  /** Makes the map as large as its frame; from here on it is drawn by `draw`. */
  enlarge() {
    const {css, scale} = this.#frame;
    const ratio = scale + HAIR / css.width;
    const {offsetWidth, offsetHeight} = this.container;
    this.#crop.enlarge(ratio, {width: Math.round(offsetWidth * ratio), height: Math.round(offsetHeight * ratio)});
    sharpenDrape(this.#map, scale, this.#maxSize);
  }

  /**
   * Draws a part of the enlarged map. The drawing is gone once control returns to the browser.
   * @param {import('./pieces.js').Box} box in pixels of the poster, from the map's upper left corner
   * @returns {HTMLCanvasElement} as large as *box*
   */
  draw(box) {
    paint(this.#map);
    this.#crop.to(box);
    this.#map.redraw();
    return this.#map.getCanvas();
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

  /** Lets the next poster have the map, now that this one is delivered. */
  giveBack() {
    if (this.#leave()) giveBackMap(this.#lent);
  }

  /** Throws away a map that was not given back: after a failure nobody is to trust it. */
  remove() {
    if (this.#leave()) throwAwayMap(this.#lent);
  }

  /** Stops listening; tells whether this poster still had the map. */
  #leave() {
    if (this.#isGone) return false;
    this.#isGone = true;
    for (const subscription of this.#heard) subscription.unsubscribe();
    return true;
  }

  #listen() {
    this.#hear('sourcedataloading', (event) => this.#note(this.#asked, event));
    this.#hear('sourcedata', (event) => this.#note(this.#ended, event));
    this.#hear('sourcedataabort', (event) => {
      const key = keyOf(event);
      if (key && this.#asked.delete(key)) this.#changed();
    });
    this.#hear('error', (event) => this.#fail(event));
    this.#hear('webglcontextlost', () => this.#break(new Failure('context_lost', 'the WebGL context was lost')));
  }

  /** @param {keyof import('maplibre-gl').MapEventType} type @param {(event: any) => void} listener */
  #hear(type, listener) {
    this.#heard.push(this.#map.on(type, listener));
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
    const extra = this.#extras.find((each) => each.owns(event));
    if (extra) {
      this.#lose(extra, `its tiles could not be fetched (${message})`);
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
  #waitNoMoreForExtras(afterMs) {
    for (const extra of this.#extras) this.#waitNoMoreFor(extra, afterMs);
  }

  /** @param {import('./types.js').Extra} extra @param {number} afterMs */
  #waitNoMoreFor(extra, afterMs) {
    const sources = extra.sources.filter((id) => this.#map.getSource(id));
    if (sources.every((id) => this.#map.isSourceLoaded(id))) return;
    this.#lose(extra, `its tiles had not come after ${afterMs} ms`);
  }

  /**
   * Draws without *extra* from here on: relief with holes and cliffs would be worse than none.
   * @param {import('./types.js').Extra} extra
   * @param {string} why
   */
  #lose(extra, why) {
    if (extra.isLost) return;
    extra.lose(why);
    // Later: this may be within an event of the very source.
    setTimeout(() => this.#remove(extra));
  }

  /** @param {import('./types.js').Extra} extra */
  #remove(extra) {
    if (this.#isGone) return;
    this.#removed.add(extra);
    this.#map.setTerrain(null);
    for (const id of this.#map.getLayersOrder()) {
      if (extra.owns(this.#map.getLayer(id) ?? {})) this.#map.removeLayer(id);
    }
    for (const id of extra.sources) {
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
    if (this.#extras.some((extra) => extra.isLost && !this.#removed.has(extra))) return false;
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
}

/** @param {string} key of `keyOf` */
function sourceOf(key) {
  return key.slice(0, key.lastIndexOf(' '));
}

/** @param {any} event @returns {string | null} */
function keyOf(event) {
  return event.tile ? `${event.sourceId ?? event.source?.id} ${event.tile.tileID.key}` : null;
}
