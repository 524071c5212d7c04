/** The finishing pass: makes a drawn map look painted, printed or aged, as its style's numbers say. */

import {mix, parse} from '../shared-styles/index.js';

import {Failure} from './failure.js';
import {FILL_UP, TINT, VERTEX, fragmentShader} from './finish-shader.js';

/** @typedef {import('../shared-styles/index.js').Palette} Palette */

/**
 * What several effects are shaped by, and is computed once: a cloudy field, and the paper's tooth.
 * @type {Record<string, (keyof import('../shared-styles/index.js').Finish)[]>}
 */
const SHARED = {
  clouds: ['clouding', 'wash', 'haze', 'scratch', 'vignette', 'deckle'],
  tooth: ['granulation', 'scratch', 'grain'],
};
/** What each is measured with when the style says nothing else: CSS pixels, or a share of the height. */
const MEASURES = {
  cloudingSize: 120, wobbleSize: 30, bloomSize: 10, bleedSize: 5, poolSize: 7, halftoneSize: 5, gridSize: 20, grainSize: 1.2,
  ringsSize: 240, blocksSize: 130, hazeEnd: 0.7,
};

/**
 * What of the map must be drawn so that *box* of it can be finished: effects look around themselves,
 * and blurs are read from squares that must be the same ones for every piece.
 * @param {import('./pieces.js').Box} box in pixels of the map, from where it begins
 * @param {import('./types.js').Frame} frame
 * @param {import('../shared-styles/index.js').Finish} finish
 * @returns {import('./pieces.js').Box}
 */
export function neededFor(box, {map, scale}, finish) {
  const square = squareOf(finish, scale);
  const {wobble = 0, misregister = 0} = finish;
  // The shader's largest shifts, and what the coarsest squares next to one take in.
  const reach = Math.ceil(scale * (wobble + 1.1 * misregister)) + (square > 1 ? 2 * square : 1);
  const [x, y] = [box.x, box.y].map((start) => Math.max(0, Math.floor((start - reach) / square) * square));
  const [right, bottom] = [[box.x + box.width, map.width], [box.y + box.height, map.height]]
    .map(([end, last]) => Math.min(last, Math.ceil((end + reach) / square) * square));
  return {x, y, width: right - x, height: bottom - y};
}

/**
 * The side of the largest squares that blurs are read from, in pixels; 1 without a blur.
 * @param {import('../shared-styles/index.js').Finish} finish
 * @param {number} scale
 */
function squareOf(finish, scale) {
  const {bloom, bleed, pool, halftone, bloomSize, bleedSize, poolSize} = {...MEASURES, ...finish};
  const reaches = [bloom && bloomSize, bleed && bleedSize, pool && poolSize, halftone && TINT].map(Number).filter(Boolean);
  return reaches.length ? 2 ** Math.ceil(Math.log2(Math.max(1, Math.max(...reaches) * scale))) : 1;
}

/**
 * Draws *canvas*, a part of the drawn map, once more into *ink* with the effects of *finish*.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {HTMLCanvasElement} canvas
 * @param {import('./types.js').Frame} frame
 * @param {import('../shared-styles/index.js').Finish} finish
 * @param {Palette} palette
 * @param {import('./pieces.js').Box} box to be finished, in pixels of the map
 * @param {import('./pieces.js').Box} drawn what *canvas* holds: `neededFor` *box*
 */
export function drawFinished(ink, canvas, frame, finish, palette, box, drawn) {
  const {width, height} = box;
  const gl = new OffscreenCanvas(width, height)
    .getContext('webgl2', {alpha: false, antialias: false, depth: false});
  if (!gl || gl.drawingBufferWidth < width || gl.drawingBufferHeight < height) {
    throw new Failure('canvas_clamped', `there is no second WebGL canvas of ${width}x${height}`);
  }
  try {
    const texels = takeMap(gl, canvas, squareOf(finish, frame.scale));
    const program = programOf(gl, fragmentShader(constantsOf(finish)));
    gl.useProgram(program);
    setUniforms(gl, program, texels, frame, palette, box, drawn);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    ink.drawImage(gl.canvas, frame.map.x + box.x, frame.map.y + box.y);
  } finally {
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/**
 * Where a frame's map begins: before the map proper if it goes on into a bleed, which must not move
 * its grain.
 * @param {import('./types.js').Frame} frame
 */
export function beginning({map, margin, scale}) {
  return {x: (map.x - margin) / scale, y: (map.y - margin) / scale};
}

/**
 * @param {import('../shared-styles/index.js').Finish} finish
 * @returns {Record<string, number>}
 * @throws {RangeError} for what is no number: it would be written into the shader
 */
export function constantsOf(finish) {
  /** @type {Record<string, number>} */
  const constants = {...MEASURES, ...finish};
  for (const [field, effects] of Object.entries(SHARED)) {
    if (effects.some((name) => finish[name])) constants[field] = 1;
  }
  for (const [name, value] of Object.entries(constants)) {
    if (!Number.isFinite(value)) throw new RangeError(`finish ${name} is no number: ${value}`);
  }
  return constants;
}

/** @param {WebGL2RenderingContext} gl @param {string} fragment */
function programOf(gl, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment]])) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Failure('context_lost', 'the WebGL context of the finishing pass was lost');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
      throw new Failure('render_error', `the finishing pass does not compile: ${gl.getShaderInfoLog(shader)}`);
    }
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Failure('render_error', `the finishing pass does not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

/**
 * Makes a texture of the map. Blurs are read from smaller copies of it, which only those styles pay
 * for that blur. They halve whole squares: at the map's end, its last pixels fill the square up.
 * @param {WebGL2RenderingContext} gl
 * @param {HTMLCanvasElement} canvas
 * @param {number} square
 * @returns {{width: number, height: number}} of the texture
 */
function takeMap(gl, canvas, square) {
  const [width, height] = [canvas.width, canvas.height].map((side) => Math.ceil(side / square) * square);
  textureOf(gl);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
  if (width > canvas.width || height > canvas.height) fillUp(gl, width, height);
  if (square > 1) {
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.generateMipmap(gl.TEXTURE_2D);
  }
  return {width, height};
}

/** Makes a texture and leaves it bound. @param {WebGL2RenderingContext} gl */
function textureOf(gl) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  return texture;
}

/**
 * Copies the bound texture into a larger one, which is bound afterwards.
 * @param {WebGL2RenderingContext} gl
 * @param {number} width
 * @param {number} height
 */
function fillUp(gl, width, height) {
  gl.useProgram(programOf(gl, FILL_UP));
  const small = gl.getParameter(gl.TEXTURE_BINDING_2D);
  const large = textureOf(gl);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, large, 0);
  gl.viewport(0, 0, width, height);
  gl.bindTexture(gl.TEXTURE_2D, small);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
  gl.deleteTexture(small);
  gl.bindTexture(gl.TEXTURE_2D, large);
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {WebGLProgram} program
 * @param {{width: number, height: number}} texels
 * @param {import('./types.js').Frame} frame
 * @param {Palette} palette
 * @param {import('./pieces.js').Box} box
 * @param {import('./pieces.js').Box} drawn
 */
function setUniforms(gl, program, texels, frame, palette, box, drawn) {
  const {width, height, margin, scale, radius} = frame;
  const at = (/** @type {string} */ name) => gl.getUniformLocation(program, name);
  const start = beginning(frame);
  gl.uniform2f(at('texels'), texels.width, texels.height);
  gl.uniform2f(at('pixels'), box.width, box.height);
  gl.uniform2f(at('offset'), start.x + box.x / scale, start.y + box.y / scale);
  gl.uniform2f(at('first'), start.x + drawn.x / scale, start.y + drawn.y / scale);
  gl.uniform2f(at('size'), (width - 2 * margin) / scale, (height - 2 * margin) / scale);
  gl.uniform1f(at('radius'), radius === null ? 0 : radius / scale);
  gl.uniform1f(at('scale'), scale);
  for (const [role, colour] of Object.entries(coloursOf(palette))) {
    const {r, g, b} = parse(colour);
    gl.uniform3f(at(role), r / 255, g / 255, b / 255);
  }
}

/** @param {Palette} palette @returns {Record<string, string>} */
function coloursOf({background, landuse, greenSpace, water, accent, grid, text}) {
  return {
    paper: background, ground: landuse, green: greenSpace, water,
    accent: accent ?? text,
    vein: mix(greenSpace, text, 0.2),
    grid: grid ?? mix(background, text, 0.25),
  };
}
