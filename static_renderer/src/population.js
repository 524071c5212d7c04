/**
 * How many people live where, from a source of its own. It is worth no failure: a poster that cannot
 * have it is drawn without, and says so. With holes in it, it would say that nobody lives there.
 */

import {within} from './deadline.js';
import {overlap} from './relief.js';

/** @typedef {import('./types.js').Warning} Warning */
/** @typedef {[west: number, south: number, east: number, north: number]} Bounds */

const SOURCE = 'population';
const NONE = 'no source of it is configured';
const ELSEWHERE = 'its source does not cover this place';

export class Population {
  #wanted;
  /** @type {import('./types.js').TileJson | null} */
  #tilejson = null;
  /** Why there is none; empty while there is. */
  #lost = '';

  /** @param {import('./types.js').Layers} layers */
  constructor(layers) {
    this.#wanted = layers.population;
  }

  /**
   * Asks what is known of it, when it is wanted.
   * @param {import('./gateway.js').Gateway} gateway
   * @param {number} timeoutMs
   */
  async find(gateway, timeoutMs) {
    if (!this.#wanted) return;
    try {
      const {tilejson, code} = await within(timeoutMs, 'answer of the population source', gateway.population());
      this.#tilejson = tilejson;
      if (!tilejson) this.lose(code === 'not_found' ? NONE : `its source failed (${code})`);
    } catch (error) {
      this.lose(`its source failed (${error instanceof Error ? error.message : error})`);
    }
  }

  /**
   * Returns *style* with the source there is, or without the layers that have none.
   * @param {import('maplibre-gl').StyleSpecification} style
   * @returns {import('maplibre-gl').StyleSpecification}
   */
  put(style) {
    const others = Object.fromEntries(Object.entries(style.sources).filter(([name]) => name !== SOURCE));
    // A style of the caller's own may draw people from a source of its own.
    this.#wanted &&= style.layers.some((layer) => this.owns(layer));
    if (!this.#tilejson || !this.#wanted) {
      return {...style, sources: others, layers: style.layers.filter((layer) => !this.owns(layer))};
    }
    const {tiles, minzoom, maxzoom, bounds} = this.#tilejson;
    return {...style, sources: {...others, [SOURCE]: {type: 'vector', tiles, minzoom, maxzoom, bounds}}};
  }

  /** Whether a layer, or an event of a source, is part of it. @param {object} thing */
  owns(thing) {
    const {source, sourceId} = /** @type {any} */ (thing);
    return (sourceId ?? source?.id ?? source) === SOURCE;
  }

  get sources() {
    return [SOURCE];
  }

  get isLost() {
    return Boolean(this.#lost);
  }

  /** Gives it up. @param {string} why */
  lose(why) {
    this.#lost ||= why;
  }

  /** What a reader of the poster is owed for it, when some of it is in *view*. @param {Bounds} view */
  credit(view) {
    return this.#wanted && this.#tilejson && !this.#why(view) ? this.#tilejson.attribution : '';
  }

  /** @param {Bounds} view @returns {Warning[]} */
  warnings(view) {
    const why = this.#wanted ? this.#why(view) : '';
    if (!why) return [];
    return [{code: 'layer_not_drawn', field: SOURCE, message: `population cannot be drawn: ${why}.`}];
  }

  /** @param {Bounds} view */
  #why(view) {
    if (this.#lost || !this.#tilejson) return this.#lost;
    return overlap(view, this.#tilejson.bounds) ? '' : ELSEWHERE;
  }
}
