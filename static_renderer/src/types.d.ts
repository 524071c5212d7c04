/** The JSON the worker hands over: `exporter/poster.py` is its home. */

import type {StyleSpecification} from 'maplibre-gl';

import type {LayerSettings, LayerToggle, Palette} from '../shared-styles/index.js';

export interface Order {
  config: PosterConfig;
  width: number;
  height: number;
  /** Pixels to be drawn beyond each edge. */
  bleed: number;
  background: 'paper' | 'transparent';
  settleTimeoutMs: number;
  /** The most pixels that are drawn at once. */
  piecePixels: number;
  /** A map of the caller's own; absent for a style of ours. */
  mapStyle?: OwnMap;
}

export interface OwnMap {
  /** Every URL in it is the gateway's. */
  style: StyleSpecification;
  toggles: LayerToggle[];
  /** Whether it gets the finishing pass of `config.style`. */
  finished: boolean;
}

export interface PosterConfig {
  location: {
    center: [number, number];
    name: string;
    city: string;
    zoom: number;
    /** Frame the map when given: [[west, south], [east, north]]. */
    bounds: [[number, number], [number, number]] | null;
  };
  style: string;
  /** An id, or the caller's own colours. Empty: the style's default. */
  palette: string | Palette;
  typography: Typography;
  format: Format;
  layers: Layers;
  /** In the order of their path. */
  markers: Marker[];
  /** Empty: none. */
  watermark: string;
}

export type MarkerType = 'pin' | 'crosshair' | 'dot' | 'ring' | 'heart' | 'home';
export type LabelStyle = 'standard' | 'elevated' | 'glass' | 'vintage';

/** Sizes in CSS pixels of a map 1000 wide. */
export interface Marker {
  id: string;
  lat: number;
  lng: number;
  label: string;
  type: MarkerType;
  color: string | null;
  size: number;
  labelStyle: LabelStyle;
  labelColor: string | null;
  labelSize: number;
}

export interface Typography {
  titleFont: string | null;
  subtitleFont: string | null;
  titleSize: number;
  titleWeight: number;
  titleLetterSpacing: number;
  titleAllCaps: boolean;
  subtitleSize: number;
  subtitleWeight: number;
  subtitleLetterSpacing: number;
  showTitle: boolean;
  showSubtitle: boolean;
  showCoordinates: boolean;
  position: 'top' | 'bottom' | 'center';
  textBackdrop: 'none' | 'subtle' | 'strong' | 'gradient';
  backdropHeight: number;
  backdropAlpha: number;
  backdropSharpness: number;
  maxWidth: number;
  offsetY: number;
  textColor: string | null;
}

export interface Format {
  margin: number;
  borderStyle: 'none' | 'thin' | 'thick' | 'double' | 'inset';
  maskShape: 'rectangular' | 'circular';
  compassRose: boolean;
  texture: 'none' | 'paper' | 'canvas' | 'grain';
  textureIntensity: number;
}

export interface Layers extends LayerSettings {
  marker: boolean;
  markerType: MarkerType;
  markerColor: string | null;
  connectMarkers: boolean;
  markerPathColor: string | null;
  markerPathWidth: number;
  markerPathStyle: 'solid' | 'dashed';
  showSegmentLengths: boolean;
  markerPathLabelStyle: LabelStyle;
  markerPathLabelSize: number;
  fillMarkers: boolean;
  markerFillColor: string | null;
  graticules: boolean;
  graticuleWeight: number;
  graticuleLabelSize: number;
  /** Degrees from one line to the next. */
  graticuleDensity: number;
  showScale: boolean;
  contours: boolean;
  contourDensity: number;
  volumetricTerrain: boolean;
  volumetricTerrainExaggeration: number;
  terrainDetailLevel: 'normal' | 'high' | 'ultra';
  /** Null when nothing was said of it: drawn where there is elevation. */
  terrain: boolean | null;
  terrainUnderWater: boolean | null;
  terrainFog: boolean;
  terrainFogColor: string;
  /** Where it begins and is densest, in heights of the map beyond its middle. */
  terrainFogRange: [start: number, end: number];
  terrainShadows: boolean;
  buildings3DPitch: number;
  buildings3DBearing: number;
}

/** Where everything is; lengths in pixels of the poster unless said otherwise. */
export interface Frame {
  width: number;
  height: number;
  /** One percent of the width. */
  unit: number;
  margin: number;
  /** How far the drawing goes on beyond the poster's edges. */
  bleed: number;
  /** The rectangle the map fills. */
  map: {x: number; y: number; width: number; height: number};
  center: {x: number; y: number};
  /** Of the circular mask; null for a rectangular one. */
  radius: number | null;
  /** The map in CSS pixels, and how many pixels of the poster each is. */
  css: {width: number; height: number};
  scale: number;
}

export interface TileJson {
  tiles: string[];
  minzoom: number;
  maxzoom: number;
  bounds: [number, number, number, number];
  attribution: string;
}

/** A part of the map that has a source of its own, and that a poster is drawn without if it must. */
export interface Extra {
  readonly sources: string[];
  readonly isLost: boolean;
  /** Whether a layer, or an event of a source, is part of it. */
  owns(thing: object): boolean;
  lose(why: string): void;
}

export interface Camera {
  center: [number, number];
  zoom: number;
  bearing: number;
  pitch: number;
}

export interface Warning {
  code: string;
  message: string;
  [detail: string]: unknown;
}

declare global {
  interface Window {
    exporter: {ready: Promise<unknown>; render(ticket: string): Promise<unknown>};
  }
}
