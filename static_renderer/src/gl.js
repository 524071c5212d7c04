/** What this browser draws WebGL with, asked before the first map. */

import {getVersion} from '../vendor/maplibre-gl/dist/maplibre-gl.mjs';

import {Failure} from './failure.js';

/** @returns {{renderer: string, maxTextureSize: number, maplibre: string}} */
export function glAbilities() {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) throw new Failure('render_error', 'this browser has no WebGL 2');
  const about = gl.getExtension('WEBGL_debug_renderer_info');
  const abilities = {
    renderer: String(about ? gl.getParameter(about.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER)),
    maxTextureSize: Number(gl.getParameter(gl.MAX_TEXTURE_SIZE)),
    maplibre: getVersion(),
  };
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return abilities;
}
