/** Where the map looks: the place and zoom asked for, or what shows the bounds. */

/** MapLibre's world is this wide at zoom 0, in CSS pixels. */
const WORLD = 512;

/**
 * @param {import('./types.js').PosterConfig} config
 * @param {import('./types.js').Frame} frame
 * @returns {import('./types.js').Camera}
 */
export function cameraOf({location, layers}, frame) {
  const view = {bearing: layers.buildings3DBearing, pitch: layers.buildings3DPitch};
  if (!location.bounds) return {center: location.center, zoom: location.zoom, ...view};
  return {...fitted(location.bounds, frame.css, view.bearing), ...view};
}

/**
 * Returns the view that just holds *bounds*, seen from straight above. Bounds whose west is greater
 * than their east lead across the antimeridian, as do those that count on beyond 180 degrees.
 * @param {[[number, number], [number, number]]} bounds
 * @param {{width: number, height: number}} css size of the map
 * @param {number} bearing degrees
 * @returns {{center: [number, number], zoom: number}}
 */
export function fitted([[west, south], [east, north]], css, bearing) {
  const [left, right] = [mercatorX(west), mercatorX(west > east ? east + 360 : east)];
  const [top, bottom] = [mercatorY(north), mercatorY(south)];
  const turn = (bearing * Math.PI) / 180;
  const [cos, sin] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
  const [x, y] = [right - left, bottom - top];
  const zoom = Math.min(
    Math.log2(css.width / (WORLD * (x * cos + y * sin))),
    Math.log2(css.height / (WORLD * (x * sin + y * cos))),
  );
  return {center: [wrapped(lngOf((left + right) / 2)), latOf((top + bottom) / 2)], zoom};
}

/** @param {number} lng degrees, however often around the world @returns {number} -180 to 180 */
function wrapped(lng) {
  return Math.abs(lng) <= 180 ? lng : lng - 360 * Math.round(lng / 360);
}

/** @param {number} lng degrees @returns {number} share of the world's width */
export function mercatorX(lng) {
  return (lng + 180) / 360;
}

/** @param {number} lat degrees @returns {number} share of the world's height, from the north */
export function mercatorY(lat) {
  return (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
}

/** @param {number} x */
export function lngOf(x) {
  return x * 360 - 180;
}

/** @param {number} y */
export function latOf(y) {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}
