/** A failure that has a name: its code is one the error tree of `exporter/errors.py` knows. */
export class Failure extends Error {
  /**
   * @param {'style_error' | 'render_timeout' | 'tiles_unavailable' | 'tiles_corrupt' | 'map_blank'
   *   | 'canvas_clamped' | 'font_unavailable' | 'context_lost' | 'render_error'} code
   * @param {string} message for the log: what, where, how much
   */
  constructor(code, message) {
    super(message);
    this.name = 'Failure';
    this.code = code;
  }

  /** @param {unknown} error whatever was thrown @returns {{code: string, message: string}} */
  static told(error) {
    if (error instanceof Failure) return {code: error.code, message: error.message};
    return {code: 'render_error', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error)};
  }
}
