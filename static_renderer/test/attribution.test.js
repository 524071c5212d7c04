import assert from 'node:assert/strict';
import {test} from 'node:test';

import {contrast, styles} from '../shared-styles/index.js';
import {creditColour} from '../src/attribution.js';

for (const {id, palettes} of styles) {
  test(`the credit can be read on every palette of ${id}, and is quieter than the words`, () => {
    for (const palette of palettes) {
      const {background, text} = palette;
      const ratio = contrast(creditColour(palette), background);

      assert.ok(ratio >= 4.5, `${palette.id}: ${ratio}`);
      assert.ok(ratio <= contrast(text, background), palette.id);
    }
  });
}
