import assert from 'node:assert/strict';
import {test} from 'node:test';

import {styles} from '../shared-styles/index.js';
import {beginning, constantsOf} from '../src/finish.js';
import {fragmentShader} from '../src/finish-shader.js';
import {frameOf} from '../src/frame.js';
import {format} from './factories.js';

const SWITCH = /^#ifdef (\w+)/gm;

test('every effect of every style is one the shader knows', () => {
  const known = fragmentShader({});
  for (const {id, finish = {}} of styles) {
    for (const name of Object.keys(finish)) {
      assert.ok(new RegExp(`\\b${constant(name)}\\b`).test(known), `${id}: ${name}`);
    }
  }
});

test('an effect that is absent is not compiled in', () => {
  const effects = (/** @type {import('../shared-styles/index.js').Finish} */ finish) => {
    const defined = definedBy(fragmentShader(constantsOf(finish)));
    return [...fragmentShader({}).matchAll(SWITCH)].map(([, name]) => name).filter((name) => defined.has(name));
  };

  assert.deepEqual(effects({grain: 0.1}), ['TOOTH', 'GRAIN']);
  assert.deepEqual(effects({wash: 0.5}), ['CLOUDS', 'WASH']);
});

test('whatever a style switches on finds its measure', () => {
  const sizes = [...fragmentShader({}).matchAll(/\b[A-Z]+_(?:SIZE|END)\b/g)].map(([name]) => name);

  const defined = definedBy(fragmentShader(constantsOf({})));

  assert.deepEqual([...new Set(sizes)].filter((name) => !defined.has(name)), []);
});

test('a finish is numbers: nothing else reaches the shader', () => {
  const finish = /** @type {any} */ ({grain: '0.1', wobble: '1;discard'});

  assert.throws(() => fragmentShader(constantsOf(finish)), RangeError);
});

test('a number is written as a float', () => {
  assert.match(fragmentShader(constantsOf({deckle: 22})), /^#define DECKLE 22\.00000$/m);
  assert.match(fragmentShader(constantsOf({gridSize: 40})), /^#define GRID_SIZE 40\.00000$/m);
});

test('the finish begins where the map does, and a bleed does not move it', () => {
  const frame = frameOf(format({margin: 0}), 500, 750);

  assert.deepEqual(beginning(frameOf(format({margin: 5}), 500, 750)), {x: 0, y: 0});
  assert.deepEqual(beginning({...frame, map: {...frame.map, x: -20, y: -20}}), {x: -40, y: -40});
});

test('the shader knows neither time nor chance', () => {
  assert.doesNotMatch(fragmentShader({}), /\b(time|random|sin\(.*43758)/);
});

/** @param {string} name */
function constant(name) {
  return name.replace(/[A-Z]/g, '_$&').toUpperCase();
}

/** @param {string} shader */
function definedBy(shader) {
  return new Set([...shader.matchAll(/^#define (\w+)/gm)].map(([, name]) => name));
}
