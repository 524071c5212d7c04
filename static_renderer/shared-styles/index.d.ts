import type {LightSpecification, StyleSpecification} from 'maplibre-gl';

export type RoadClass =
  'motorway' | 'trunk' | 'primary' | 'secondary' | 'tertiary' | 'residential' | 'service';

/** The colours of buildings in 3D by their height, between 0, 30 and 100 m, and their light. */
export interface Building3D {
  colorLow: string;
  colorMid: string;
  colorHigh: string;
  /** 0..1 */
  opacity?: number;
  lightColor?: string | null;
  /** 0..1 */
  lightIntensity?: number | null;
}

/** The colours of a style. Any CSS hex, rgb() or hsl() form. */
export interface Palette {
  id: string;
  name: string;
  style: string;
  /** Paper, margins, backdrop, halos, casings. */
  background: string;
  text: string;
  /** Boundary lines of the map; not the poster's border. */
  border: string;
  roads: Record<RoadClass, string> & {railroad?: string};
  water: string;
  waterLine: string;
  greenSpace: string;
  parks?: string;
  buildings: string;
  landuse: string;
  /** The poster's border and markers. */
  accent?: string;
  primary?: string;
  secondary?: string;
  /** Ruled lines over the map. */
  grid?: string;
  /** Shadows of the relief. */
  hillshade?: string;
  contour?: string;
  contourIndex?: string;
  /** Of areas where people live; absent, it is the accent. */
  population?: string;
  /** Of buildings in 3D; absent, they are `buildings` in the light of the style. */
  building3D?: Building3D | null;
}

/**
 * What the finishing pass does to the drawn map; an effect that is absent costs nothing. Strengths
 * are 0..1, sizes CSS pixels of a map 1000 px wide.
 */
export interface Finish {
  /** How far a line wanders, in CSS pixels, and over what length. */
  wobble?: number;
  wobbleSize?: number;
  /** How far the inks lie apart, in CSS pixels. */
  misregister?: number;
  /** Light that spreads. */
  bloom?: number;
  bloomSize?: number;
  /** Colour that runs into wet paper. */
  bleed?: number;
  bleedSize?: number;
  /** Pigment: unevenness over large areas, gathering at edges, settling in the paper. */
  clouding?: number;
  cloudingSize?: number;
  pool?: number;
  poolSize?: number;
  granulation?: number;
  /** A thin coat of `landuse` on bare ground. */
  wash?: number;
  /** Where the paint ends short of the frame, in CSS pixels. */
  deckle?: number;
  /** Blocks of the palette's colours on bare ground. */
  blocks?: number;
  blocksSize?: number;
  /** Flowing lines on bare ground, as of wood, sand or water. */
  rings?: number;
  ringsSize?: number;
  halftone?: number;
  halftoneSize?: number;
  scratch?: number;
  /** Ruled lines in the palette's `grid`. */
  grid?: number;
  gridSize?: number;
  /** The accent from above, fading out at `hazeEnd` of the height; banks of fog in the paper's colour. */
  haze?: number;
  hazeEnd?: number;
  mist?: number;
  /** Age: dark edges, spots, folds, fibres. */
  vignette?: number;
  foxing?: number;
  folds?: number;
  grain?: number;
  grainSize?: number;
}

export interface LayerToggle {
  id: string;
  layerIds: string[];
}

export interface Style {
  id: string;
  name: string;
  /** Changes with anything the style holds; absent while it is being made. */
  version?: string;
  description: string;
  recommendedFonts: string[];
  defaultPalette: string;
  palettes: Palette[];
  layerToggles: LayerToggle[];
  mapStyle: StyleSpecification;
  finish?: Finish;
}

/** The `layers` of a PosterConfig: toggles by name, and what tunes them. */
export interface LayerSettings {
  [toggle: string]: unknown;
  /** Pales and narrows the roads. */
  labels?: boolean;
  roadWeight?: number;
  labelSize?: number;
  labelAdminSize?: number;
  labelCitiesSize?: number;
  labelMaxWidth?: number;
  buildings3DHeightScale?: number;
  buildings3DDefaultHeight?: number;
  /** 0..1 */
  hillshadeExaggeration?: number;
  /** Where the light comes from, degrees from north. */
  terrainLightAzimuth?: number;
  /** How high the light stands, degrees; how much of it comes from everywhere and from there, 0..1. */
  terrainLightAltitude?: number;
  terrainAmbientLight?: number;
  terrainDiffuseLight?: number;
  /** Of hillshading, instead of the palette's. */
  terrainShadowColor?: string | null;
  terrainHighlightColor?: string | null;
  volumetricTerrain?: boolean;
  /** The bare ground of 3D terrain, instead of the palette's. */
  terrainColor?: string | null;
  /** Metres between contour lines. */
  contourDensity?: number;
}

export const styles: Style[];
export function getStyleById(id: string): Style | undefined;
export function getDefaultStyle(): Style;
/** The style's map in the colours of `palette`, its layers shown and sized as `layers` says. */
export function applyPalette(style: Style, palette: Palette, layers: LayerSettings): StyleSpecification;
/** A map's light as `palette.building3D` wants it. */
export function lightOf(light: LightSpecification | undefined, palette: Palette): LightSpecification | undefined;
/** Whether a toggle is on; absent is off, but for `terrainUnderWater`. */
export function isOn(toggle: string, layers: LayerSettings): boolean;

/** Metres between contour lines on tiles of `zoom`; `indexed` for a style with index contours. */
export function contourInterval(zoom: number, density: number, indexed?: boolean): number;

export interface Colour {
  r: number;
  g: number;
  b: number;
  a: number;
}
export function parse(text: string): Colour;
export function mix(from: string, to: string, share: number): string;
export function darken(text: string, share: number): string;
export function withAlpha(text: string, alpha: number): string;
export function isDark(text: string): boolean;
export function contrast(one: string, other: string): number;
export function legible(text: string, paper: string, ratio: number): string;
