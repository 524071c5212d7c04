import assert from 'node:assert/strict';
import {test} from 'node:test';

import {within} from '../src/deadline.js';

test('work that ends in time gives its result', async () => {
  assert.equal(await within(1000, 'answer', Promise.resolve(42)), 42);
});

test('work that never ends is named', async () => {
  await assert.rejects(within(1, 'fonts', new Promise(() => {})), {code: 'render_timeout', message: /fonts/});
});
