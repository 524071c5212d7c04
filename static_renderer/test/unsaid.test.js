import assert from 'node:assert/strict';
import {test} from 'node:test';

import {withDefaults} from '../src/unsaid.js';
import {config} from './factories.js';

for (const [said, shown] of /** @type {[boolean | null, boolean][]} */ ([[null, true], [true, true], [false, false]])) {
  test(`relief of which ${said} was said is ${shown ? '' : 'not '}shown`, () => {
    const {layers} = config({layers: {terrain: said, terrainUnderWater: said}});

    const {terrain, terrainUnderWater} = withDefaults(layers);

    assert.deepEqual([terrain, terrainUnderWater], [shown, shown]);
  });
}
