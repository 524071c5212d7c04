import assert from 'node:assert/strict';
import {test} from 'node:test';

import {notDrawn} from '../src/not-drawn.js';
import {config, marker} from './factories.js';

const TWO = [marker(), marker({lng: 1})];

/** @param {object} layers @param {import('../src/types.js').Marker[]} [markers] */
function fieldsOf(layers, markers = []) {
  return notDrawn(config({layers, markers}), 12).map(({field}) => field);
}

test('a config without marks has nothing to tell', () => {
  assert.deepEqual(fieldsOf({}), []);
});

test('what lacks its markers is told', () => {
  assert.deepEqual(fieldsOf({connectMarkers: true}, [marker()]), ['connectMarkers']);
  assert.deepEqual(fieldsOf({fillMarkers: true}, TWO), ['fillMarkers']);
  assert.deepEqual(fieldsOf({showSegmentLengths: true}, TWO), ['showSegmentLengths']);
  assert.deepEqual(fieldsOf({connectMarkers: true, showSegmentLengths: true}, TWO), []);
});

test('a scale bar on a tilted map is told', () => {
  assert.deepEqual(fieldsOf({showScale: true, buildings3DPitch: 30}), ['showScale']);
});

test('cast shadows are told', () => {
  assert.deepEqual(fieldsOf({terrainShadows: true}), ['terrainShadows']);
});
