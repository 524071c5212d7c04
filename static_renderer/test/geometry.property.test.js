/** Whatever the size, margin and words: nothing outside the poster, nothing that is no number. */

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {bandOf} from '../src/backdrop.js';
import {cameraOf, fitted} from '../src/camera.js';
import {frameOf} from '../src/frame.js';
import {elementsOf, place} from '../src/typography.js';
import {config} from './factories.js';

const RUNS = 3000;
const SEED = 20261125;

/** @type {import('../src/typography.js').Measure} */
const measure = (text, {tracking}, size) => text.length * Math.max(0.05, 0.6 + tracking) * size;
const face = {family: 'Inter', weight: 400};
const faces = {title: face, subtitle: face, coordinates: face};

/** The same numbers on every run. @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000;
  };
}

const random = randomFrom(SEED);
/** @param {number} low @param {number} high */
const between = (low, high) => low + (high - low) * random();
/** @template T @param {readonly T[]} all @returns {T} */
const oneOf = (all) => all[Math.floor(random() * all.length)];

function anyPoster() {
  const width = Math.round(between(64, 8192));
  const height = Math.round(Math.min(8192, Math.max(64, width * between(0.05, 20))));
  const asked = config({
    location: {
      center: [between(-180, 180), between(-85, 85)], zoom: between(1, 24),
      name: 'M '.repeat(Math.round(between(0, 60))), city: 'C'.repeat(Math.round(between(0, 200))),
    },
    typography: {
      titleSize: between(0.5, 40), subtitleSize: between(0.2, 20), titleLetterSpacing: between(-0.1, 0.5),
      subtitleLetterSpacing: between(-0.1, 0.5), maxWidth: between(1, 100), offsetY: between(-50, 50), showTitle: random() > 0.2,
      showSubtitle: random() > 0.2, showCoordinates: random() > 0.2,
      position: oneOf(/** @type {const} */ (['top', 'bottom', 'center'])),
      textBackdrop: oneOf(/** @type {const} */ (['none', 'subtle', 'strong', 'gradient'])),
      backdropHeight: between(0, 100), backdropSharpness: between(0, 100), backdropAlpha: random(),
    },
    format: {
      margin: between(0, 20), maskShape: oneOf(/** @type {const} */ (['rectangular', 'circular'])),
      compassRose: random() > 0.7, borderStyle: oneOf(/** @type {const} */ (['none', 'thin', 'double'])),
    },
  });
  return {asked, frame: frameOf(asked.format, width, height)};
}

/** @param {object} thing */
function assertNumbers(thing) {
  for (const [key, value] of Object.entries(thing)) {
    if (typeof value === 'number') assert.ok(Number.isFinite(value), `${key} is ${value}`);
    else if (value && typeof value === 'object') assertNumbers(value);
  }
}

test(`the map stays on the poster (seed ${SEED})`, () => {
  for (let run = 0; run < RUNS; run++) {
    const {frame} = anyPoster();
    const {map, width, height, center, radius} = frame;

    assertNumbers(frame);
    assert.ok(map.width >= 1 && map.height >= 1);
    assert.ok(map.x >= 0 && map.x + map.width <= width);
    assert.ok(map.height === 1 || map.y + map.height <= height);
    if (radius !== null) {
      assert.ok(center.x - radius >= -0.001 && center.x + radius <= width + 0.001);
    }
  }
});

test(`words stay on the poster, within their width, and never overlap (seed ${SEED})`, () => {
  for (let run = 0; run < RUNS; run++) {
    const {asked, frame} = anyPoster();
    const words = place(elementsOf(asked, frame.unit, faces), asked.typography, frame, measure);

    assertNumbers(words);
    const widest = (frame.width * asked.typography.maxWidth) / 100;
    words.forEach((word, i) => {
      assert.ok(word.width <= widest + 0.001, `${word.role}: ${word.width} of ${widest}`);
      if (i > 0) assert.ok(word.y[0] > (words[i - 1].y.at(-1) ?? 0), word.role);
      assert.ok(word.y[0] - word.size / 2 >= 0, `${word.role} begins above the poster`);
      assert.ok((word.y.at(-1) ?? 0) + word.size / 2 <= frame.height, `${word.role} ends below the poster`);
    });
  }
});

test(`a backdrop lies on the poster (seed ${SEED})`, () => {
  for (let run = 0; run < RUNS; run++) {
    const {asked, frame} = anyPoster();
    if (asked.typography.textBackdrop === 'none') continue;
    const band = bandOf(asked, frame);

    assertNumbers(band);
    for (const [at, alpha] of band.stops) {
      assert.ok(at >= -1e-9 && at <= 1 + 1e-9, `stop at ${at}`);
      assert.ok(alpha >= 0 && alpha <= 1);
    }
  }
});

test(`any bounds give a camera that shows them (seed ${SEED})`, () => {
  for (let run = 0; run < RUNS; run++) {
    const {asked, frame} = anyPoster();
    const [west, south] = [between(-180, 180), between(-85, 84)];
    const [wide, east] = [between(0.001, 359), (/** @type {number} */ lng) => (lng > 180 && random() > 0.5 ? lng - 360 : lng)];
    /** @type {[[number, number], [number, number]]} */
    const bounds = [[west, south], [east(west + wide), south + between(0.001, 85 - south)]];

    assertNumbers(cameraOf(asked, frame));
    const {center, zoom} = fitted(bounds, frame.css, between(0, 360));
    assertNumbers({center, zoom});
    assert.ok(Math.abs(center[0]) <= 180);
    const eastwards = (center[0] - west + 720) % 360;
    assert.ok(Math.abs(eastwards - wide / 2) < 1e-6, `${eastwards} of ${wide}`);
    assert.ok(center[1] >= bounds[0][1] - 1e-9 && center[1] <= bounds[1][1] + 1e-9);
  }
});
