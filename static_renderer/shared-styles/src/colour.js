/** Colours as numbers: the one place where they are read, mixed and measured. */

/** @typedef {{r: number, g: number, b: number, a: number}} Colour channels 0..255, alpha 0..1 */

const HEX = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
const FUNCTION = /^(rgb|hsl)a?\(([^()]+)\)$/i;

/**
 * Reads `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `rgba()`, `hsl()` and `hsla()`.
 * @param {string} text
 * @returns {Colour}
 * @throws {RangeError} when *text* is none of them
 */
export function parse(text) {
  const word = text.trim();
  if (HEX.test(word)) return fromHex(word.slice(1));
  const call = FUNCTION.exec(word);
  if (!call) throw new RangeError(`not a colour: ${text}`);
  const parts = call[2].split(/[\s,/]+/).filter(Boolean);
  if (parts.length < 3 || parts.length > 4) throw new RangeError(`not a colour: ${text}`);
  const a = parts.length === 4 ? portion(parts[3], 1) : 1;
  return call[1].toLowerCase() === 'rgb'
    ? {r: portion(parts[0], 255), g: portion(parts[1], 255), b: portion(parts[2], 255), a}
    : {...fromHsl(parseFloat(parts[0]), portion(parts[1], 1), portion(parts[2], 1)), a};
}

/**
 * @param {string} text a colour `parse` reads
 * @param {number} alpha 0..1, replaces the colour's own
 */
export function withAlpha(text, alpha) {
  return format({...parse(text), a: alpha});
}

/**
 * @param {string} from
 * @param {string} to
 * @param {number} share 0 gives *from*, 1 gives *to*; linear in each channel
 */
export function mix(from, to, share) {
  const [x, y] = [parse(from), parse(to)];
  const between = (/** @type {keyof Colour} */ c) => x[c] + (y[c] - x[c]) * share;
  return format({r: between('r'), g: between('g'), b: between('b'), a: between('a')});
}

/** @param {string} text @param {number} share how much of each channel is taken away, 0..1 */
export function darken(text, share) {
  const {r, g, b, a} = parse(text);
  return format({r: r * (1 - share), g: g * (1 - share), b: b * (1 - share), a});
}

/** @param {string} text @param {number} share away from (positive) or towards (negative) grey */
export function saturate(text, share) {
  const {r, g, b, a} = parse(text);
  const grey = 0.299 * r + 0.587 * g + 0.114 * b;
  const away = (/** @type {number} */ c) => grey + (c - grey) * (1 + share);
  return format({r: away(r), g: away(g), b: away(b), a});
}

/** Tells whether *text* is a dark colour, by the web app's own test. @param {string} text */
export function isDark(text) {
  const {r, g, b} = parse(text);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 < 0.5;
}

/** WCAG 2.2 contrast ratio, 1..21. @param {string} one @param {string} other */
export function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/**
 * Returns *text* moved towards black or white just far enough to reach *ratio* on *paper*.
 * @param {string} text
 * @param {string} paper
 * @param {number} ratio
 */
export function legible(text, paper, ratio) {
  const end = luminance(paper) > 0.18 ? '#000000' : '#ffffff';
  for (let share = 0; share < 1; share += 0.05) {
    const tried = mix(text, end, share);
    if (contrast(tried, paper) >= ratio) return tried;
  }
  return end;
}

/** @param {Colour} colour @returns {string} `#rrggbb`, or `rgba()` when it is not opaque */
export function format({r, g, b, a}) {
  const [x, y, z] = [r, g, b].map((c) => Math.round(Math.min(255, Math.max(0, c))));
  if (a < 1) return `rgba(${x}, ${y}, ${z}, ${Math.round(a * 1000) / 1000})`;
  return `#${[x, y, z].map((c) => c.toString(16).padStart(2, '0')).join('')}`;
}

/** @param {string} text */
function luminance(text) {
  const {r, g, b} = parse(text);
  const [x, y, z] = [r, g, b].map((c) => {
    const part = c / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

/** @param {string} digits @returns {Colour} */
function fromHex(digits) {
  const wide = digits.length <= 4 ? [...digits].map((d) => d + d).join('') : digits;
  const [r, g, b, a = 255] = (wide.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  return {r, g, b, a: a / 255};
}

/** @param {string} text a number or a percentage @param {number} whole what 100 % is */
function portion(text, whole) {
  const number = parseFloat(text);
  return text.endsWith('%') ? (number / 100) * whole : number;
}

/** @param {number} hue degrees @param {number} s 0..1 @param {number} l 0..1 */
function fromHsl(hue, s, l) {
  const channel = (/** @type {number} */ n) => {
    const k = (n + (((hue % 360) + 360) % 360) / 30) % 12;
    return 255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return {r: channel(0), g: channel(8), b: channel(4)};
}
