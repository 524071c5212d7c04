import assert from 'node:assert/strict';
import {test} from 'node:test';

import {scaleBar} from '../src/scale-bar.js';

for (const [lat, zoom, text] of /** @type {[number, number, string][]} */ ([
  [0, 12, '1 km'], [51.145, 13, '500 m'], [51.145, 10, '2 km'], [0, 1, '2000 km'], [60, 24, '20 cm'], [0, 0, '5000 km'],
])) {
  test(`at ${lat} degrees and zoom ${zoom} the bar says ${text}`, () => {
    assert.equal(scaleBar(lat, zoom).text, text);
  });
}

test('the bar is as long as it says, and never longer than 100 pixels', () => {
  for (let zoom = 0; zoom <= 24; zoom += 0.37) {
    for (const lat of [-60, 0, 51.145, 85]) {
      const {metres, css} = scaleBar(lat, zoom);
      const metresPerPixel = (40075016.686 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom);
      assert.ok(css <= 100.0001 && css > 39.99, `${css} px`);
      assert.ok(Math.abs(css * metresPerPixel - metres) < 1e-6 * metres);
      const lead = Number(metres.toExponential(6).split('e')[0]);
      assert.ok([1, 2, 5].includes(lead), `${metres}`);
    }
  }
});
