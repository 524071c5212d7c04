import type {StyleSpecification} from 'maplibre-gl';

export type RoadClass =
  'motorway' | 'trunk' | 'primary' | 'secondary' | 'tertiary' | 'residential' | 'service';

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
}

export interface LayerToggle {
  id: string;
  layerIds: string[];
}

export interface Style {
  id: string;
  name: string;
  description: string;
  recommendedFonts: string[];
  defaultPalette: string;
  palettes: Palette[];
  layerToggles: LayerToggle[];
  mapStyle: StyleSpecification;
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
}

export const styles: Style[];
export function getStyleById(id: string): Style | undefined;
export function getDefaultStyle(): Style;
/** The style's map in the colours of `palette`, its layers shown and sized as `layers` says. */
export function applyPalette(style: Style, palette: Palette, layers: LayerSettings): StyleSpecification;
/** Whether a toggle is on; absent is off, but for `terrainUnderWater`. */
export function isOn(toggle: string, layers: LayerSettings): boolean;

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
