/**
 * The map layers all styles share, in drawing order, without colours: each names the roles it is
 * coloured with, the toggle that shows it and whether road weight widens it.
 *
 * Widths are CSS pixels on a map 1000 px wide, `{zoom: width}`, linear between, flat outside.
 */

import {bathymetry, contours, hillshade, indexedContours} from './elevation-layers.js';
import {population} from './population-layer.js';
import {MOTORWAY, ROADS} from './road-classes.js';
import {SOURCE, byZoom, colours, line, times, toggle, weighted} from './parts.js';

/** @typedef {import('maplibre-gl').LayerSpecification} Layer */
/** @typedef {import('./parts.js').Stops} Stops */
/**
 * @typedef {object} Traits what one style does differently
 * @property {string} font face of map labels: family and weight in one name
 * @property {'round' | 'square'} cap
 * @property {'round' | 'miter'} join
 * @property {Record<string, number>} opacity of water, waterway, park, buildings
 * @property {boolean} bridges draw motorway bridges on their own
 * @property {boolean} piers fill piers like water
 * @property {number} [roadWidth] factor of all road widths
 * @property {number} [cover] factor of the opacity of landcover and landuse
 * @property {boolean} [survey] contours with index lines and heights, and depths in steps
 * @property {import('./population-layer.js').Density} [density] how clearly population is tinted
 * @property {boolean} [waterwayStays] waterways do not go with the water
 * @property {Partial<Record<'country' | 'state' | 'city', Stops>>} [labelSizes]
 * @property {Partial<Record<'onWater' | 'onGround' | 'underRoads' | 'onRoads', object[]>>} [ornaments]
 *   layers of the style's own, by what they lie on
 */

const NAME = ['coalesce', ['get', 'name:en'], ['get', 'name_en'], ['get', 'name:latin'], ['get', 'name']];
const HALO = 'background';
/** Draws the letters a style's own face does not have. */
const FALLBACK_FACE = 'Inter Medium';

/** @param {Traits} traits @returns {Layer[]} */
export function layersOf(traits) {
  const {onWater = [], onGround = [], underRoads = [], onRoads = []} = traits.ornaments ?? {};
  const layers = [
    {id: 'background', type: 'background', metadata: colours({'background-color': 'background'})},
    hillshade(),
    ...waters(traits),
    ...onWater,
    bathymetry({charted: traits.survey}),
    ...grounds(traits),
    ...onGround,
    ...underRoads,
    ...roads(traits),
    ...onRoads,
    streetNames(traits),
    ...rails(),
    buildings3d(),
    population(traits.density),
    ...(traits.survey ? indexedContours(facesOf(traits)) : contours()),
    ...boundaries(),
    ...places(traits),
    ...pois(traits),
  ];
  return /** @type {Layer[]} */ (layers);
}

/** @param {Traits} traits */
function waters({opacity, piers, waterwayStays, cap, join}) {
  return [
    {
      id: 'water', type: 'fill', source: SOURCE, 'source-layer': 'water',
      ...(piers ? {} : {filter: ['all', ['!=', ['get', 'class'], 'pier'], ['!=', ['get', 'brunnel'], 'bridge']]}),
      paint: {'fill-opacity': opacity.water},
      metadata: {...colours({'fill-color': 'water'}), ...toggle('water')},
    },
    line('waterway', 'waterway', null, {10: 0.5, 12: 1, 14: 1.5}, {
      layout: {'line-cap': cap, 'line-join': join},
      paint: {'line-opacity': opacity.waterway},
      metadata: {...colours({'line-color': 'waterLine'}), ...(waterwayStays ? {} : toggle('water'))},
    }),
  ];
}

/** @param {Traits} traits */
function grounds({opacity, cover: strength = 1}) {
  const cover = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {number} */ alpha) => ({
    id: `${kind}-${name}`, type: 'fill', source: SOURCE, 'source-layer': kind,
    filter: ['==', ['get', 'class'], name],
    paint: {'fill-opacity': Math.min(1, Math.round(100 * alpha * strength) / 100)},
    metadata: {
      ...colours({'fill-color': name}),
      ...toggle(`${kind}${name[0].toUpperCase()}${name.slice(1)}`),
    },
  });
  return [
    {
      id: 'park', type: 'fill', source: SOURCE, 'source-layer': 'park',
      paint: {'fill-opacity': opacity.park},
      metadata: {...colours({'fill-color': 'park'}), ...toggle('parks')},
    },
    cover('landcover', 'wood', 0.45),
    cover('landcover', 'grass', 0.3),
    cover('landcover', 'farmland', 0.3),
    cover('landcover', 'ice', 0.45),
    cover('landuse', 'forest', 0.5),
    cover('landuse', 'orchard', 0.3),
    cover('landuse', 'vineyard', 0.3),
    cover('landuse', 'cemetery', 0.3),
    cover('landuse', 'grass', 0.3),
    {
      id: 'buildings', type: 'fill', source: SOURCE, 'source-layer': 'building',
      paint: {'fill-opacity': opacity.buildings},
      metadata: {...colours({'fill-color': 'buildings'}), ...toggle('buildings')},
    },
  ];
}

/** @param {Traits} traits */
function roads({cap, join, bridges, roadWidth = 1}) {
  const layout = {'line-cap': cap, 'line-join': join};
  const drawn = ROADS.map(([name, classes, widths, minzoom]) =>
    line(`road-${name}`, 'transportation', ['match', ['get', 'class'], classes, true, false], times(widths, roadWidth), {
      ...(minzoom ? {minzoom} : {}),
      layout,
      metadata: {...colours({'line-color': `roads.${name}`}), ...toggle('streets'), ...weighted()},
    }));
  if (!bridges) return drawn;
  const bridge = (/** @type {string} */ id, /** @type {number} */ factor, /** @type {string} */ role) =>
    line(id, 'transportation',
      ['all', ['==', ['get', 'class'], 'motorway'], ['==', ['get', 'brunnel'], 'bridge']],
      times(MOTORWAY, factor * roadWidth),
      {layout, metadata: {...colours({'line-color': role}), ...toggle('streets'), ...weighted()}});
  return [
    ...drawn,
    bridge('bridge-motorway-casing', 1.5, 'background'),
    bridge('bridge-motorway', 1.1, 'roads.motorway'),
  ];
}

function rails() {
  const filter = ['all', ['==', ['get', 'class'], 'rail'], ['!=', ['get', 'brunnel'], 'tunnel']];
  const metadata = {...toggle('railroads'), ...weighted()};
  return [
    line('railroad-casing', 'transportation', filter, {10: 0.5, 12: 1, 14: 2, 16: 3}, {
      paint: {'line-opacity': 0.6},
      metadata: {...colours({'line-color': 'rail'}), ...metadata},
    }),
    line('railroad-main', 'transportation', filter, {10: 0.3, 12: 0.6, 14: 1.2, 16: 2}, {
      paint: {'line-dasharray': [2, 2]},
      metadata: {...colours({'line-color': 'background'}), ...metadata},
    }),
  ];
}

function buildings3d() {
  // Heights and colours are filled in by applyPalette, which knows the settings and the palette's ramp.
  return {
    id: 'buildings-3d', type: 'fill-extrusion', source: SOURCE, 'source-layer': 'building',
    minzoom: 13,
    filter: ['all', ['==', ['geometry-type'], 'Polygon'], ['!=', ['get', 'hide_3d'], true]],
    paint: {'fill-extrusion-vertical-gradient': true},
    metadata: {...colours({'fill-extrusion-color': 'buildings'}), ...toggle('buildings3D')},
  };
}

function boundaries() {
  const boundary = (
    /** @type {string} */ name, /** @type {number} */ level, /** @type {number} */ width,
    /** @type {number} */ opacity, /** @type {number[] | null} */ dash,
  ) => ({
    id: `boundaries-${name}`, type: 'line', source: SOURCE, 'source-layer': 'boundary',
    filter: ['all', ['==', ['get', 'admin_level'], level], ['!=', ['get', 'maritime'], 1]],
    paint: {'line-width': width, 'line-opacity': opacity, ...(dash ? {'line-dasharray': dash} : {})},
    metadata: {...colours({'line-color': 'boundary'}), ...toggle('boundaries')},
  });
  return [
    boundary('country', 2, 1.5, 0.3, null),
    boundary('state', 4, 0.75, 0.2, [4, 4]),
    boundary('county', 6, 0.5, 0.15, [2, 2]),
  ];
}

/** @param {Traits} traits */
function streetNames(traits) {
  return label('labels-streets', 'transportation_name', ['has', 'name'], {14: 10, 18: 14}, traits, {
    layout: {'text-field': ['get', 'name'], 'symbol-placement': 'line', 'text-max-angle': 30},
    metadata: toggle('labels-streets'),
  });
}

/** @param {Traits} traits */
function places(traits) {
  const sizes = {country: {2: 12, 6: 20}, state: {3: 11, 8: 19}, city: {4: 11, 12: 18}, ...traits.labelSizes};
  const upper = {'text-field': ['upcase', NAME]};
  return [
    label('labels-country', 'place', ['==', ['get', 'class'], 'country'], sizes.country, traits, {
      layout: {...upper, 'text-letter-spacing': 0.3},
      paint: {'text-halo-width': 3.5, 'text-halo-blur': 2.5},
      metadata: {...toggle('labels-admin'), ...sized('labelAdminSize')},
    }),
    label('labels-state', 'place', ['==', ['get', 'class'], 'state'], sizes.state, traits, {
      layout: {...upper, 'text-letter-spacing': 0.15},
      paint: {'text-opacity': 0.85, 'text-halo-width': 2.75, 'text-halo-blur': 1.75},
      metadata: {...toggle('labels-admin'), ...sized('labelAdminSize')},
    }),
    label('labels-city', 'place', cities(), sizes.city, traits, {
      layout: {...upper, 'text-letter-spacing': 0.12},
      metadata: {...toggle('labels-cities'), ...sized('labelCitiesSize')},
    }),
  ];
}

function cities() {
  const ranked = ['to-number', ['get', 'rank'], 99];
  return ['all',
    ['match', ['get', 'class'], ['country', 'state', 'continent'], false, true],
    ['step', ['zoom'], ['<=', ranked, 3], 6, ['<=', ranked, 7], 9, true]];
}

/** @param {Traits} traits */
function pois(traits) {
  const sights = ['match', ['get', 'class'],
    ['monument', 'museum', 'stadium', 'attraction', 'artwork', 'viewpoint'], true, false];
  return [
    {
      id: 'aeroway-area', type: 'fill', source: SOURCE, 'source-layer': 'aeroway',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: {'fill-opacity': 0.3},
      metadata: {...colours({'fill-color': 'roads.secondary'}), ...toggle('pois')},
    },
    line('aeroway-runway', 'aeroway',
      ['all', ['==', ['geometry-type'], 'LineString'], ['==', ['get', 'class'], 'runway']],
      {10: 0.5, 12: 2, 14: 4},
      {metadata: {...colours({'line-color': 'roads.secondary'}), ...toggle('pois')}}),
    label('aerodrome-label', 'aerodrome_label', null, {10: 9, 14: 12}, traits, {
      minzoom: 10,
      layout: {'text-field': ['concat', '✈ ', NAME]},
      metadata: toggle('pois'),
    }),
    {
      id: 'poi-symbol', type: 'circle', source: SOURCE, 'source-layer': 'poi', minzoom: 12,
      filter: sights,
      paint: {'circle-radius': 3, 'circle-stroke-width': 1},
      metadata: {...colours({'circle-color': 'text', 'circle-stroke-color': 'background'}), ...toggle('pois')},
    },
    label('poi-label', 'poi', sights, {13: 9}, traits, {
      minzoom: 13,
      layout: {'text-anchor': 'top', 'text-offset': [0, 0.6]},
      paint: {'text-opacity': 0.8},
      metadata: toggle('pois'),
    }),
  ];
}

/**
 * @param {string} id
 * @param {string} sourceLayer
 * @param {unknown[] | null} filter
 * @param {Stops} sizes
 * @param {Traits} traits
 * @param {Record<string, any>} rest
 */
function label(id, sourceLayer, filter, sizes, {font}, rest) {
  return {
    id, type: 'symbol', source: SOURCE, 'source-layer': sourceLayer,
    ...(filter ? {filter} : {}),
    ...rest,
    layout: {
      'text-field': NAME, 'text-font': facesOf({font}), 'text-size': byZoom(sizes), 'text-padding': 10,
      ...rest.layout,
    },
    paint: {'text-opacity': 0.9, 'text-halo-width': 2.25, 'text-halo-blur': 1.25, ...rest.paint},
    metadata: {...colours({'text-color': 'text', 'text-halo-color': HALO}), ...rest.metadata},
  };
}

/** @param {{font: string}} traits */
function facesOf({font}) {
  return font === FALLBACK_FACE ? [font] : [font, FALLBACK_FACE];
}

/** @param {string} name the setting that scales this label's size */
function sized(name) {
  return {'poster:sized': name};
}
