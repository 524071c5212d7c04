/**
 * The fineness of a map laid over 3D terrain. MapLibre draws it into one texture for each tile, made
 * for a screen; stretched over a poster their lines would be blurred.
 */

/**
 * What all textures of a poster may hold together. Each million costs a software GL as much time as
 * one of the poster: 40 are some five medium posters, half of what the worker waits for a drawing
 * even on a machine four times as busy as it should be; with their mipmaps they take 210 MB.
 */
const MOST_PIXELS = 40e6;
const LARGEST = 4096;
/** MapLibre's own; never less. */
const LEAST = 2;
const STEP = 1 / 4;
/** How much larger the foreground of a tilted map is than its middle. */
const NEARER = 1.25;

/** Of the textures that nobody will look at; drawn all the same, since frames bring on tiles. */
const UNSEEN = 16;

/**
 * Makes the textures of frames while the map settles so coarse that they cost nothing: of a tilted
 * map they are many, and each frame with new tiles makes some anew. `sharpenDrape` makes them fine.
 * @param {import('maplibre-gl').Map} map
 */
export function coarsenDrape(map) {
  if (map.terrain) Object.assign(map.painter.renderToTexture, {rttSize: UNSEEN});
}

/**
 * Makes the next frame's textures as fine as the poster's pixels, as far as memory allows.
 *
 * MapLibre 6.17 has no option for it: the factor is a field of its terrain, read once when terrain is
 * set, so what was derived from it is set here, too.
 * @param {import('maplibre-gl').Map} map
 * @param {number} scale pixels of the poster for each CSS pixel
 * @param {number} maxSize the largest texture
 */
export function sharpenDrape(map, scale, maxSize) {
  const {terrain} = map;
  if (!terrain) return;
  const {tileManager} = terrain;
  const size = drapeSize({
    tileSize: tileManager.tileSize,
    // A tile is shown up to twice its size before the next zoom's tiles replace it, and nearer in front.
    wanted: NEARER * scale * 2 ** (map.getZoom() - Math.floor(map.getZoom())),
    count: tileManager.getRenderableTiles().length,
    maxSize,
  });
  terrain.qualityFactor = size / tileManager.tileSize;
  Object.assign(map.painter.renderToTexture, {rttSize: size});
  tileManager.releaseAllRTT();
}

/**
 * @param {{tileSize: number, wanted: number, count: number, maxSize: number}} given *wanted*: pixels
 *   of the texture for each CSS pixel of its tile
 * @returns {number} pixels of a texture's side
 */
export function drapeSize({tileSize, wanted, count, maxSize}) {
  const most = Math.min(maxSize, LARGEST, Math.sqrt(MOST_PIXELS / Math.max(1, count)));
  const factor = Math.min(Math.ceil(wanted / STEP), Math.floor(most / tileSize / STEP)) * STEP;
  return Math.max(LEAST, factor) * tileSize;
}
