/** The finishing pass: makes a drawn map look painted, printed or aged, as its style's numbers say. */

import {mix, parse} from '../shared-styles/index.js';

import {Failure} from './failure.js';
import {VERTEX, fragmentShader} from './finish-shader.js';

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
 * Draws *canvas*, the drawn map, once more into *ink* with the effects of *finish*.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {HTMLCanvasElement} canvas
 * @param {import('./types.js').Frame} frame
 * @param {import('../shared-styles/index.js').Finish} finish
 * @param {Palette} palette
 * @param {{x: number, y: number}} [piece] where *canvas* begins within the map, in CSS pixels
 */
export function drawFinished(ink, canvas, frame, finish, palette, piece = beginning(frame)) {
  const {x, y, width, height} = frame.map;
  const gl = new OffscreenCanvas(width, height)
    .getContext('webgl2', {alpha: false, antialias: false, depth: false});
  if (!gl || gl.drawingBufferWidth < width || gl.drawingBufferHeight < height) {
    throw new Failure('canvas_clamped', `there is no second WebGL canvas of ${width}x${height}`);
  }
  try {
    const program = programOf(gl, fragmentShader(constantsOf(finish)));
    gl.useProgram(program);
    takeMap(gl, canvas, finish);
    setUniforms(gl, program, canvas, frame, palette, piece);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    ink.drawImage(gl.canvas, x, y);
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
    if (!shader) throw new Failure('render_error', 'the WebGL context of the finishing pass was lost');
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
 * Blurs are read from smaller copies of the map, which only those styles pay for that blur.
 * @param {WebGL2RenderingContext} gl
 * @param {HTMLCanvasElement} canvas
 * @param {import('../shared-styles/index.js').Finish} finish
 */
function takeMap(gl, canvas, {bloom, bleed, pool, halftone}) {
  const blurs = Boolean(bloom || bleed || pool || halftone);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, blurs ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
  if (blurs) gl.generateMipmap(gl.TEXTURE_2D);
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {WebGLProgram} program
 * @param {HTMLCanvasElement} canvas
 * @param {import('./types.js').Frame} frame
 * @param {Palette} palette
 * @param {{x: number, y: number}} piece
 */
function setUniforms(gl, program, canvas, {width, height, margin, map, scale, radius}, palette, piece) {
  const at = (/** @type {string} */ name) => gl.getUniformLocation(program, name);
  gl.uniform2f(at('texels'), canvas.width, canvas.height);
  gl.uniform2f(at('pixels'), map.width, map.height);
  gl.uniform2f(at('offset'), piece.x, piece.y);
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
