/** The page's side of the gateway: the order, the progress, the image, the tiles' address. */

import {Failure} from './failure.js';

export const TICKET_HEADER = 'X-Export-Ticket';
const TILEJSON = '/tiles/openmaptiles.json';
const ELEVATION = '/tiles/terrain.json';
const POPULATION = '/tiles/population.json';

export class Gateway {
  /** @param {string} ticket */
  constructor(ticket) {
    this.ticket = ticket;
    this.tilejsonUrl = new URL(TILEJSON, location.origin).href;
  }

  /** @returns {Promise<import('./types.js').Order>} */
  async order() {
    return (await this.#ask(`/jobs/${this.ticket}`)).json();
  }

  /** The credit of the tiles, as plain text. @returns {Promise<string>} */
  async attribution() {
    const answer = await fetch(TILEJSON);
    if (!answer.ok) {
      const {code = 'unknown'} = await answer.json();
      throw new Failure('tiles_unavailable', `the TileJSON was answered with ${answer.status} ${code}`);
    }
    return (await answer.json()).attribution ?? '';
  }

  /**
   * What the elevation tiles cover, or the code of why there are none.
   * @returns {Promise<{tilejson: import('./types.js').TileJson | null, code: string}>}
   */
  elevation() {
    return described(ELEVATION);
  }

  /** The same of the population tiles. */
  population() {
    return described(POPULATION);
  }

  /**
   * Tells how far the poster is. Progress is worth no failure: a lost word is let go.
   * @param {'settling' | 'drawing' | 'drawn' | 'encoded'} stage
   * @param {number} done
   * @param {number} total
   */
  progress(stage, done = 0, total = 0) {
    const body = JSON.stringify({stage, done, total});
    return fetch(`/jobs/${this.ticket}/progress`, {method: 'POST', body}).catch((error) => {
      console.warn(`progress not told: ${error}`);
    });
  }

  /** @param {Blob} image a PNG @param {{x: number, y: number}} place of its upper left corner on the sheet */
  async deliver(image, {x, y}) {
    await this.#ask(`/jobs/${this.ticket}/pieces/${x}/${y}`, {method: 'POST', body: image});
  }

  /** For MapLibre's `transformRequest`: tiles are asked for in the name of this ticket. @param {string} url */
  named(url) {
    return {url, headers: {[TICKET_HEADER]: this.ticket}};
  }

  /** @param {string} path @param {RequestInit} [request] */
  async #ask(path, request) {
    const answer = await fetch(path, request);
    if (!answer.ok) throw new Failure('render_error', `the gateway answered ${path.split('/').pop()} with ${answer.status}`);
    return answer;
  }
}

/** @param {string} url @returns {Promise<{tilejson: import('./types.js').TileJson | null, code: string}>} */
async function described(url) {
  const answer = await fetch(url);
  const body = await answer.json();
  return answer.ok ? {tilejson: body, code: ''} : {tilejson: null, code: body.code};
}
