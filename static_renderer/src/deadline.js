/** Bounds a wait: whoever waits says what for, so that the failure can name it. */

import {Failure} from './failure.js';

/**
 * @template T
 * @param {number} ms
 * @param {string} what
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 * @throws {Failure} `render_timeout`
 */
export async function within(ms, what, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure('render_timeout', `no ${what} after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}
