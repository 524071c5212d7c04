/**
 * Draws a piece of a map as if all of it were drawn: camera, labels and widths are those of the
 * whole, and only what reaches the canvas is cut out.
 *
 * MapLibre has no such thing, so its WebGL context is told apart (docs/adr/0023): every vertex shader
 * ends by moving what it placed on the whole map onto the piece, `gl_FragCoord` counts on the whole
 * map, and the drawing buffer says it is as large as the whole. What MapLibre draws aside, into a
 * framebuffer of its own, is left alone.
 */

import {Failure} from './failure.js';

/** Of the uniform block; MapLibre takes the first three. */
const BINDING = 7;
const BLOCK = 'PosterPiece';
/** std140: factor and shift of clip space, where the piece begins in pixels of the window, padding. */
const DECLARED = `
layout(std140) uniform ${BLOCK} {highp vec4 poster_clip; highp vec4 poster_origin;};
`;
const WHOLE = new Float32Array([1, 1, 0, 0, 0, 0, 0, 0]);

/** @typedef {import('./pieces.js').Box} Box */

export class Crop {
  #map;
  #gl;
  #aside = false;
  #blocks;
  /** @type {{width: number, height: number} | null} the canvas' own, for the whole map */
  #whole = null;
  /** @type {Box | null} */
  #piece = null;

  /** @param {import('maplibre-gl').Map} map before its first frame, since shaders are compiled then */
  constructor(map) {
    this.#map = map;
    this.#gl = /** @type {WebGL2RenderingContext} */ (map.painter.context.gl);
    this.#blocks = {whole: this.#blockOf(WHOLE), piece: this.#blockOf(WHOLE)};
    this.#rewriteShaders();
    this.#followTargets();
    this.#ownCanvas();
  }

  /**
   * Makes the map *scale* times its CSS size from the next frame on, without a canvas so large.
   * @param {number} scale
   * @param {{width: number, height: number}} whole the map's size in pixels then
   */
  enlarge(scale, whole) {
    this.#whole = whole;
    // The canvas stays as it is until a piece is drawn: to make one anew takes as long as to fill it.
    const {width, height} = this.#map.getCanvas();
    this.to({x: 0, y: 0, width, height});
    this.#map.setPixelRatio(scale);
  }

  /** Draws no more than *piece* from the next frame on. @param {Box} piece in pixels of the enlarged map */
  to(piece) {
    const whole = /** @type {{width: number, height: number}} */ (this.#whole);
    const canvas = this.#map.getCanvas();
    if (canvas.width !== piece.width || canvas.height !== piece.height) {
      Object.assign(canvas, {width: piece.width, height: piece.height});
    }
    this.#checkSize(piece);
    this.#piece = piece;
    const [sx, sy] = [whole.width / piece.width, whole.height / piece.height];
    const below = whole.height - piece.y - piece.height;
    const [gl, values] = [this.#gl, new Float32Array([
      sx, sy, sx - (2 * piece.x) / piece.width - 1, sy - (2 * below) / piece.height - 1, piece.x, below, 0, 0,
    ])];
    gl.bindBuffer(gl.UNIFORM_BUFFER, this.#blocks.piece);
    gl.bufferData(gl.UNIFORM_BUFFER, values, gl.DYNAMIC_DRAW);
    this.#aim();
  }

  /** Back to a map that is as large as its canvas: for the next poster. */
  release() {
    [this.#whole, this.#piece] = [null, null];
    this.#aim();
  }

  /** @param {Float32Array<ArrayBuffer>} values */
  #blockOf(values) {
    const gl = this.#gl;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.UNIFORM_BUFFER, buffer);
    gl.bufferData(gl.UNIFORM_BUFFER, values, gl.DYNAMIC_DRAW);
    return buffer;
  }

  #rewriteShaders() {
    const gl = this.#gl;
    const [source, link] = [gl.shaderSource.bind(gl), gl.linkProgram.bind(gl)];
    gl.shaderSource = (shader, text) => {
      const isVertex = gl.getShaderParameter(shader, gl.SHADER_TYPE) === gl.VERTEX_SHADER;
      source(shader, isVertex ? moved(text) : counted(text));
    };
    gl.linkProgram = (program) => {
      link(program);
      const index = gl.getUniformBlockIndex(program, BLOCK);
      if (index !== gl.INVALID_INDEX) gl.uniformBlockBinding(program, index, BINDING);
    };
  }

  /** Keeps to what is drawn into: the canvas, of which a piece is cut, or something aside. */
  #followTargets() {
    const gl = this.#gl;
    const [bind, viewport, storage] =
      [gl.bindFramebuffer.bind(gl), gl.viewport.bind(gl), gl.renderbufferStorage.bind(gl)];
    gl.bindFramebuffer = (target, framebuffer) => {
      bind(target, framebuffer);
      this.#aside = framebuffer !== null;
      this.#aim();
    };
    gl.viewport = (x, y, width, height) => {
      if (this.#piece && !this.#aside) viewport(0, 0, this.#piece.width, this.#piece.height);
      else viewport(x, y, width, height);
    };
    const limit = Number(gl.getParameter(gl.MAX_RENDERBUFFER_SIZE));
    gl.renderbufferStorage = (target, format, width, height) => {
      if (Math.max(width, height) > limit) {
        const most = `${limit} pixels a side`;
        throw new Failure('canvas_clamped', `a layer needs ${width}x${height} pixels aside, and WebGL has at most ${most}`);
      }
      storage(target, format, width, height);
    };
    this.#aim();
  }

  /** Lets MapLibre believe that its canvas is as large as the whole map. */
  #ownCanvas() {
    const [gl, map] = [this.#gl, /** @type {any} */ (this.#map)];
    Object.defineProperty(gl, 'drawingBufferWidth', {get: () => this.#whole?.width ?? this.#buffer('Width')});
    Object.defineProperty(gl, 'drawingBufferHeight', {get: () => this.#whole?.height ?? this.#buffer('Height')});
    const resize = map._resizeCanvas.bind(map);
    map._resizeCanvas = (/** @type {number[]} */ ...size) => {
      if (!this.#whole) resize(...size);
    };
  }

  /** What there really is. @param {'Width' | 'Height'} side @returns {number} */
  #buffer(side) {
    const own = Object.getOwnPropertyDescriptor(WebGL2RenderingContext.prototype, `drawingBuffer${side}`);
    return own?.get?.call(this.#gl) ?? 0;
  }

  /** Chromium makes a smaller drawing buffer than was asked for, and says nothing. @param {Box} piece */
  #checkSize({width, height}) {
    const [got, high] = [this.#buffer('Width'), this.#buffer('Height')];
    if (got < width || high < height) {
      throw new Failure('canvas_clamped', `a piece of the map is ${got}x${high}, not ${width}x${height}`);
    }
  }

  #aim() {
    const gl = this.#gl;
    const isCut = this.#piece !== null && !this.#aside;
    gl.bindBufferBase(gl.UNIFORM_BUFFER, BINDING, isCut ? this.#blocks.piece : this.#blocks.whole);
    if (isCut && this.#piece) gl.viewport(0, 0, this.#piece.width, this.#piece.height);
  }
}

/** @param {string} shader @returns {string} a vertex shader that ends on the piece */
export function moved(shader) {
  const renamed = shader.replace(/\bvoid\s+main\s*\(\s*(void)?\s*\)/, 'void poster_main()');
  if (renamed === shader) throw new Failure('render_error', 'a vertex shader of MapLibre has no main()');
  return `${renamed}
${DECLARED}
void main() {
  poster_main();
  gl_Position.xy = gl_Position.xy * poster_clip.xy + gl_Position.w * poster_clip.zw;
}`;
}

/** @param {string} shader @returns {string} a fragment shader that counts pixels on the whole map */
export function counted(shader) {
  if (!shader.includes('gl_FragCoord')) return shader;
  const declared = shader.replace(/\bgl_FragCoord\b/g, '(gl_FragCoord + vec4(poster_origin.xy, 0.0, 0.0))');
  return declared.replace(/^(#version[^\n]*\n)/, `$1${DECLARED}`);
}
