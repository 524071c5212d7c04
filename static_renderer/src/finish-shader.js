/**
 * The finishing pass's shader: what paper, pigment, ink and light do to a drawn map. Each effect is
 * compiled in only when the style has its number, as a constant of the same name in capitals.
 *
 * Lengths are CSS pixels of the map, so a poster looks the same at every size.
 */

export const VERTEX = `#version 300 es
void main() {
  // One triangle over everything.
  gl_Position = vec4(float(gl_VertexID % 2) * 4.0 - 1.0, float(gl_VertexID / 2) * 4.0 - 1.0, 0.0, 1.0);
}`;

/** Copies a texture and fills up what it is drawn larger with its last pixels. */
export const FILL_UP = `#version 300 es
precision highp float;
uniform highp sampler2D map;
out vec4 colour;
void main() {
  colour = texelFetch(map, min(ivec2(gl_FragCoord.xy), textureSize(map, 0) - 1), 0);
}`;

/** How far around itself a halftone looks for a line, in CSS pixels. */
export const TINT = 2.5;

/** @param {Record<string, number>} constants @returns {string} */
export function fragmentShader(constants) {
  const defined = Object.entries(constants)
    .map(([name, value]) => `#define ${name.replace(/[A-Z]/g, '_$&').toUpperCase()} ${value.toFixed(5)}`);
  return ['#version 300 es', ...defined, DECLARED, NOISE, FIELDS, PAINT].join('\n');
}

const DECLARED = `
precision highp float;
precision highp int;
uniform sampler2D map;
uniform vec2 texels;   // of the texture
uniform vec2 pixels;   // of the part that is finished
uniform vec2 offset;   // of that part within the map
uniform vec2 first;    // of the texture within the map
uniform vec2 size;     // of the whole map
uniform float radius;  // of a circular map, 0 for a rectangular one
uniform float scale;   // pixels for one CSS pixel
uniform vec3 paper, ground, green, water, accent, vein, grid;
out vec4 colour;`;

const NOISE = `
// An integer hash of a lattice point: whole numbers are the same on every GPU. The factors are those
// of xxHash and of Wellons' "lowbias32"; the products are the caller's, who needs four points.
vec2 chance(uint x, uint y) {
  uint h = x ^ y;
  h = (h ^ (h >> 15u)) * 0x2c1b3c6du;
  h ^= h >> 14u;
  return vec2(h >> 16u, h & 0xffffu) / 65535.0;
}

const uint ALONG = 0x9e3779b1u;
const uint DOWN = 0x85ebca77u;

vec2 chance(ivec2 cell, int seed) {
  return chance(uint(cell.x) * ALONG, uint(cell.y + seed * 7919) * DOWN);
}

// Two smooth fields of 0 to 1, a cell of the lattice wide.
vec2 waves(vec2 p, int seed) {
  vec2 cell = floor(p);
  vec2 t = p - cell;
  t = t * t * (3.0 - 2.0 * t);
  uint x = uint(int(cell.x)) * ALONG;
  uint y = uint(int(cell.y) + seed * 7919) * DOWN;
  return mix(mix(chance(x, y), chance(x + ALONG, y), t.x), mix(chance(x, y + DOWN), chance(x + ALONG, y + DOWN), t.x), t.y);
}

// Waves within waves, turned so that no lattice shows.
const mat2 TURN = mat2(1.6, 1.2, -1.2, 1.6);

vec2 clouds(vec2 p, int seed) {
  vec2 q = TURN * p;
  return 0.53 * waves(p, seed) + 0.27 * waves(q, seed + 1) + 0.20 * waves(TURN * q, seed + 2);
}

// A fine tooth without a lattice, as of paper.
float tooth(vec2 p, int seed) {
  vec2 q = mat2(0.8, 0.6, -0.6, 0.8) * p;
  return dot(waves(q, seed), vec2(0.3, 0.0)) + dot(waves(TURN * q * 0.83, seed + 1), vec2(0.4, 0.3));
}`;

const FIELDS = `
vec3 tap(vec2 p) {
  return textureLod(map, (p - first) * scale / texels, 0.0).rgb;
}

vec3 blurred(vec2 p, float reach) {
  return textureLod(map, (p - first) * scale / texels, log2(max(1.0, reach * scale))).rgb;
}

// How much of the paper is covered, 0 to about 1.
float density(vec3 c) {
  return min(1.0, 1.6 * length(c - paper));
}

// From the map's edge inwards.
float inside(vec2 p) {
  if (radius > 0.0) return radius - distance(p, size / 2.0);
  vec2 near = min(p, size - p);
  return min(near.x, near.y);
}

// 1 on a line of *width* every *step*, softened by a pixel.
float ruled(float x, float every, float width) {
  float away = abs(fract(x / every + 0.5) - 0.5) * every;
  return clamp((width / 2.0 - away) * scale + 0.5, 0.0, 1.0) * min(1.0, width * scale);
}

// Grain finer than a pixel is an even grey.
float seen(float grainSize) {
  return min(1.0, grainSize * scale);
}`;

const PAINT = `
void main() {
  vec2 p = vec2(gl_FragCoord.x, pixels.y - gl_FragCoord.y) / scale + offset;
  vec2 q = p;
#ifdef WOBBLE
  q += WOBBLE * (waves(p / WOBBLE_SIZE, 1) + 0.5 * waves(p / WOBBLE_SIZE * 3.7, 2) - 0.75);
#endif
#ifdef MISREGISTER
  vec3 c = vec3(tap(q + MISREGISTER * vec2(1.0, 0.3)).r, tap(q).g, tap(q - MISREGISTER * vec2(0.6, -0.8)).b);
#else
  vec3 c = tap(q);
#endif
#ifdef BLOOM
  c = mix(c, blurred(q, BLOOM_SIZE), BLOOM);
#endif
#ifdef CLOUDS
  vec2 cloud = clouds(p / CLOUDING_SIZE, 3);
#endif
#ifdef TOOTH
  // Pigment settles and wears by the tooth of the paper that is seen.
  float bump = seen(GRAIN_SIZE) * (tooth(p / (2.0 * GRAIN_SIZE), 7) - 0.5);
#endif

#ifdef BLEED
  // Wet paper lets colour run, here more, there less.
  c = mix(c, blurred(q, BLEED_SIZE), BLEED * smoothstep(0.35, 0.75, waves(p / 70.0, 9).x));
#endif
  // Before the ground is coloured: what is drawn, and what is bare.
  float drawn = density(c);
#ifdef BLOCKS
  {
    vec2 turned = mat2(0.9397, -0.342, 0.342, 0.9397) * p;
    vec2 row = vec2(0.0, floor(turned.y / BLOCKS_SIZE));
    vec2 cell = vec2(floor(turned.x / (BLOCKS_SIZE * (0.8 + 0.9 * chance(ivec2(row), 21).x)) + chance(ivec2(row), 21).y), row.y);
    vec2 pick = chance(ivec2(cell), 22);
    vec3 tint = pick.x < 0.3 ? paper : pick.x < 0.5 ? ground : pick.x < 0.7 ? accent : pick.x < 0.87 ? green : water;
    c += (tint - paper) * BLOCKS * (0.55 + 0.45 * pick.y) * (1.0 - drawn);
  }
#endif
#ifdef WASH
  c += (ground - paper) * WASH * (0.35 + 1.3 * cloud.y) * (1.0 - drawn);
#endif
#ifdef RINGS
  {
    vec2 bend = waves(p / RINGS_SIZE, 31) + 0.3 * waves(p / RINGS_SIZE * 3.1, 32);
    float height = 9.0 * bend.x + p.y / 220.0;
    float slope = max(1e-5, length(vec2(dFdx(height), dFdy(height))));
    float line = clamp(0.45 * scale + 0.5 - abs(fract(height) - 0.5) / slope, 0.0, 1.0);
    c = mix(c, vein, RINGS * line * (0.4 + 0.6 * bend.y) * (1.0 - drawn));
  }
#endif

  float load = 1.0;
#ifdef CLOUDING
  load += CLOUDING * 2.0 * (cloud.x - 0.5);
#endif
#ifdef POOL
  // Pigment gathers where a wash ends.
  load += POOL * clamp(drawn - density(blurred(q, POOL_SIZE)), 0.0, 0.4);
#endif
#ifdef GRANULATION
  load += GRANULATION * 3.0 * bump;
#endif
  c = clamp(paper + (c - paper) * load, 0.0, 1.0);

#ifdef HALFTONE
  {
    vec2 dots = mat2(0.9659, -0.2588, 0.2588, 0.9659) * p * 3.14159 / HALFTONE_SIZE;
    float screen = 0.5 + 0.5 * cos(2.0 * dots.x) * cos(2.0 * dots.y);
    // Tints are screened, lines are not.
    float tint = 1.0 - smoothstep(0.03, 0.14, abs(drawn - density(blurred(q, ${TINT.toFixed(1)}))));
    float cover = 0.1 + drawn;
    float soft = max(0.08, 1.6 / (HALFTONE_SIZE * scale));
    c = mix(c, mix(paper, c, smoothstep(-soft, soft, cover - screen)), HALFTONE * tint);
  }
#endif
#ifdef GRID
  {
    float fine = max(ruled(p.x - size.x / 2.0, GRID_SIZE, 0.5), ruled(p.y - size.y / 2.0, GRID_SIZE, 0.5));
    float main = max(ruled(p.x - size.x / 2.0, 5.0 * GRID_SIZE, 0.9), ruled(p.y - size.y / 2.0, 5.0 * GRID_SIZE, 0.9));
    c = mix(c, grid, GRID * max(0.5 * fine, main) * (1.0 - drawn));
  }
#endif
#ifdef HAZE
  {
    float high = smoothstep(HAZE_END, 0.0, p.y / size.y + 0.12 * (cloud.y - 0.5));
    c = mix(c, accent, HAZE * high);
  }
#endif
#ifdef MIST
  float bank = 0.7 * waves(p * vec2(0.5, 1.0) / 260.0, 41).x + 0.3 * waves(p / 150.0, 42).x;
  c = mix(c, paper, MIST * smoothstep(0.45, 0.75, bank));
#endif
#ifdef SCRATCH
  // Worn ink: little specks where it did not take.
  c = mix(c, paper, SCRATCH * smoothstep(0.39, 0.61, 0.62 * bump + 0.72 * cloud.y));
#endif

  float age = 0.0;
#ifdef FOXING
  {
    vec2 place = p / 74.0;
    ivec2 cell = ivec2(floor(place));
    vec2 has = chance(cell, 51);
    vec2 middle = 0.3 + 0.4 * chance(cell, 52);
    float reach = 0.03 + 0.16 * has.y * has.y;
    float away = distance(fract(place), middle) + 0.1 * (waves(p / 7.0, 53).x - 0.5);
    age += FOXING * step(has.x, 0.3) * smoothstep(reach, reach * 0.2, away);
  }
#endif
#ifdef VIGNETTE
  age += VIGNETTE * pow(clamp(1.0 - inside(p) / (0.42 * size.x), 0.0, 1.0), 3.0) * (0.6 + 0.8 * cloud.y);
#endif
  c *= mix(vec3(1.0), vec3(0.78, 0.6, 0.38), age);
#ifdef FOLDS
  {
    vec2 third = abs(fract(p / size * 3.0 + 0.5) - 0.5) * size / 3.0;
    vec2 edge = step(size / 6.0, p) * step(p, size * 5.0 / 6.0);
    vec2 crease = edge * (0.5 * exp(-third / 14.0) + exp(-third / 1.1));
    c *= 1.0 - FOLDS * 0.12 * (crease.x + crease.y);
  }
#endif
#ifdef GRAIN
  c *= 1.0 + GRAIN * 2.2 * bump;
#endif
#ifdef DECKLE
  {
    float edge = inside(p) - DECKLE * (0.15 + cloud.x + 0.6 * waves(p / 24.0, 61).x);
    c = mix(c, paper + (c - paper) * 1.5, smoothstep(7.0, 0.0, abs(edge - 2.0)) * 0.6);
    c = mix(paper, c, smoothstep(-1.0, 1.5, edge));
  }
#endif
  colour = vec4(clamp(c, 0.0, 1.0), 1.0);
}`;
