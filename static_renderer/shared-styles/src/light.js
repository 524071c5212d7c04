/**
 * How things are lit: buildings by the map's light, land by hillshading.
 *
 * MapLibre's own altitude of a hillshade's light shades flat ground, too; on a poster that is paper.
 * So the light only says here how much slopes stand out from flat ground.
 */

/** @typedef {import('../index.js').Palette} Palette */
/** @typedef {import('../index.js').LayerSettings} LayerSettings */
/** @typedef {import('maplibre-gl').LightSpecification} Light */

/** From behind the beholder and high up: roofs are bright, and no two walls of a corner alike. @type {Light} */
export const LIGHT = {anchor: 'viewport', position: [1.5, 180, 25], color: '#ffffff', intensity: 0.45};

/** Metres at which a palette's three colours of buildings stand. */
const [LOW, MID, HIGH] = [0, 30, 100];
const SUN = {terrainLightAltitude: 45, terrainAmbientLight: 0.35, terrainDiffuseLight: 0.8};

/**
 * Returns *light* as *palette* wants it.
 * @param {Light | undefined} light
 * @param {Palette} palette
 * @returns {Light | undefined}
 */
export function lightOf(light, {building3D}) {
  const {lightColor, lightIntensity} = building3D ?? {};
  if (!lightColor && typeof lightIntensity !== 'number') return light;
  return {
    ...LIGHT, ...light,
    ...(lightColor ? {color: lightColor} : {}),
    ...(typeof lightIntensity === 'number' ? {intensity: lightIntensity} : {}),
  };
}

/**
 * The colour of buildings in 3D: one, or by their *height* in metres.
 * @param {Palette} palette
 * @param {unknown} height an expression
 * @returns {Record<string, unknown>} paint properties
 */
export function buildingPaint({buildings, building3D}, height) {
  if (!building3D) return {'fill-extrusion-color': buildings, 'fill-extrusion-opacity': 1};
  const {colorLow, colorMid, colorHigh, opacity} = building3D;
  return {
    'fill-extrusion-color': ['interpolate', ['linear'], height, LOW, colorLow, MID, colorMid, HIGH, colorHigh],
    'fill-extrusion-opacity': opacity ?? 1,
  };
}

/**
 * The exaggeration with which a hillshade looks as the settings' light makes land look.
 * @param {LayerSettings} settings
 */
export function exaggeration(settings) {
  const asked = Math.min(1, Math.max(0, settings.hillshadeExaggeration ?? 0.5));
  const {terrainLightAltitude, terrainAmbientLight, terrainDiffuseLight} = settings;
  const given = Object.entries({terrainLightAltitude, terrainAmbientLight, terrainDiffuseLight});
  const light = {...SUN, ...Object.fromEntries(given.filter(([, value]) => typeof value === 'number'))};
  const contrast = contrastOf(light) / contrastOf(SUN);
  // Both ways stay within 0..1 and leave an exaggeration of 0 at 0; the usual light changes nothing.
  return contrast <= 1 ? asked * contrast : asked && asked ** (1 / contrast);
}

/**
 * How much brighter or darker than flat ground a gentle slope is: Lambert's law for a surface of
 * brightness `ambient + diffuse * cos(angle to the light)`, for each radian towards the light.
 * @param {typeof SUN} light
 */
function contrastOf({terrainLightAltitude, terrainAmbientLight: ambient, terrainDiffuseLight: diffuse}) {
  if (!diffuse) return 0;
  const altitude = (terrainLightAltitude * Math.PI) / 180;
  return (diffuse * Math.cos(altitude)) / (ambient + diffuse * Math.sin(altitude));
}
