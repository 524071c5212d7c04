/** What the poster is printed on: paper, canvas or film grain, the same on every run. */

/** A tile's side in cells; a cell is a CSS pixel, so the grain grows with the poster. */
const CELLS = 256;
/** How strong each is at full intensity. */
const STRENGTH = {paper: 0.15, canvas: 0.25, grain: 0.15};
/** Threads of the weave in a tile. */
const THREADS = 64;

/** @typedef {(x: number, y: number) => number} Height 0..1, for a cell of the tile */

/**
 * Multiplies the whole poster with the texture.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {import('./types.js').Format} format
 * @param {import('./types.js').Frame} frame
 */
export function drawTexture(ink, {texture, textureIntensity}, {width, height, scale, bleed}) {
  if (texture === 'none' || textureIntensity === 0) return;
  const pattern = ink.createPattern(tileOf(texture), 'repeat');
  if (!pattern) return;
  pattern.setTransform(new DOMMatrix().scale(scale));
  ink.save();
  ink.globalCompositeOperation = 'multiply';
  ink.globalAlpha = (textureIntensity / 100) * STRENGTH[texture];
  ink.fillStyle = pattern;
  ink.fillRect(-bleed, -bleed, width + 2 * bleed, height + 2 * bleed);
  ink.restore();
}

/** @param {'paper' | 'canvas' | 'grain'} kind */
function tileOf(kind) {
  const tile = new OffscreenCanvas(CELLS, CELLS);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext('2d'));
  const image = ink.createImageData(CELLS, CELLS);
  const height = heightOf(kind);
  for (let y = 0; y < CELLS; y++) {
    for (let x = 0; x < CELLS; x++) {
      const level = Math.round(255 * height(x, y));
      image.data.set([level, level, level, 255], 4 * (y * CELLS + x));
    }
  }
  ink.putImageData(image, 0, 0);
  return tile;
}

/**
 * The texture as a height at each cell; it repeats without a seam.
 * @param {'paper' | 'canvas' | 'grain'} kind
 * @returns {Height}
 */
export function heightOf(kind) {
  const fine = lattice(CELLS, 1);
  if (kind === 'grain') return fine;
  if (kind === 'canvas') return weave(fine);
  const layers = [[8, 0.3], [32, 0.3], [128, 0.2]].map(([size, weight], i) =>
    ({at: lattice(size, i + 2), weight}));
  return (x, y) => layers.reduce((sum, {at, weight}) => sum + weight * at(x, y), 0.2 * fine(x, y));
}

/** Threads over and under each other. @param {Height} fine @returns {Height} */
function weave(fine) {
  const width = CELLS / THREADS;
  return (x, y) => {
    const over = (Math.floor(x / width) + Math.floor(y / width)) % 2 === 0;
    const across = over ? y : x;
    const bulge = Math.sin((Math.PI * ((across % width) + 0.5)) / width);
    return 0.15 + 0.6 * bulge + 0.25 * fine(x, y);
  };
}

/**
 * Random values on a square lattice over the tile, smooth between its points.
 * @param {number} size points on a side
 * @param {number} seed
 * @returns {Height}
 */
function lattice(size, seed) {
  const random = randomFrom(seed);
  const values = Float32Array.from({length: size * size}, random);
  const step = CELLS / size;
  const ease = (/** @type {number} */ t) => t * t * (3 - 2 * t);
  return (x, y) => {
    const [gx, gy] = [x / step, y / step];
    const [x0, y0] = [Math.floor(gx) % size, Math.floor(gy) % size];
    const [x1, y1] = [(x0 + 1) % size, (y0 + 1) % size];
    const [tx, ty] = [ease(gx - Math.floor(gx)), ease(gy - Math.floor(gy))];
    const upper = values[y0 * size + x0] * (1 - tx) + values[y0 * size + x1] * tx;
    const lower = values[y1 * size + x0] * (1 - tx) + values[y1 * size + x1] * tx;
    return upper * (1 - ty) + lower * ty;
  };
}

/** A small generator (mulberry32): the same numbers for a seed, everywhere. @param {number} seed */
function randomFrom(seed) {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
}
