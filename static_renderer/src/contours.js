/** Contour lines as vector tiles, made in this page from the elevation tiles. */

import * as maplibregl from '../vendor/maplibre-gl/dist/maplibre-gl.mjs';
import mlcontour from '../vendor/maplibre-contour/dist/index.mjs';

/** Decoded tiles kept for their neighbours: a large poster needs some 60, of 260 kB each. */
const KEPT_TILES = 100;

const PROTOCOL = 'contours';
export const CONTOUR_TILES = `${PROTOCOL}://{z}/{x}/{y}`;

/**
 * Serves CONTOUR_TILES to MapLibre, until the returned function is called.
 * @param {import('./gateway.js').Gateway} gateway
 * @param {import('./types.js').TileJson} elevation
 * @param {number} timeoutMs of one elevation tile
 * @param {(zoom: number) => number} interval metres between two lines on tiles of *zoom*
 * @returns {() => void}
 */
export function serveContours(gateway, elevation, timeoutMs, interval) {
  // Not `DemSource`: its worker stands still under our policy, and it could not name the ticket.
  const manager = new mlcontour.LocalDemManager({
    demUrlPattern: elevation.tiles[0],
    cacheSize: KEPT_TILES,
    encoding: 'terrarium',
    maxzoom: elevation.maxzoom,
    timeoutMs,
    getTile: (url, abort) => tileOf(url, gateway, abort),
  });
  maplibregl.addProtocol(PROTOCOL, async ({url}, abort) => {
    const [z, x, y] = url.slice(`${PROTOCOL}://`.length).split('/').map(Number);
    const {arrayBuffer} = await manager.fetchContourTile(z, x, y, {levels: [interval(z)]}, abort);
    return {data: arrayBuffer};
  });
  return () => maplibregl.removeProtocol(PROTOCOL);
}

/** @param {string} url @param {import('./gateway.js').Gateway} gateway @param {AbortController} abort */
async function tileOf(url, gateway, {signal}) {
  const answer = await fetch(url, {signal, headers: gateway.named(url).headers});
  if (!answer.ok) throw new Error(`an elevation tile was answered with ${answer.status}`);
  return {data: await answer.blob()};
}
