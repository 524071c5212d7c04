/**
 * What the worker may ask of this page: `window.exporter.ready`, `.render` and `.trial`.
 * The contract is in ../README.md.
 */

import {Failure} from './failure.js';
import {Gateway} from './gateway.js';
import {glAbilities} from './gl.js';
import {drawPoster} from './poster.js';
import {tryGl} from './trial.js';

/** @returns {Promise<{renderer: string, maxTextureSize: number, maplibre: string}>} */
async function prepare() {
  return glAbilities();
}

const ready = prepare();

/**
 * Draws the poster *ticket* stands for and sends it. Always resolves.
 * @param {string} ticket
 */
async function render(ticket) {
  try {
    const abilities = await ready;
    return {ok: true, manifest: await drawPoster(new Gateway(ticket), abilities)};
  } catch (error) {
    return {ok: false, error: Failure.told(error)};
  }
}

/** Draws a small map of known colours and tells the milliseconds of a frame. Always resolves. */
async function trial() {
  try {
    return {ok: true, ms: await tryGl()};
  } catch (error) {
    return {ok: false, error: Failure.told(error)};
  }
}

Object.assign(window, {exporter: {ready, render, trial}});
