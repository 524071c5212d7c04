// MapLibre is served from its npm package below /vendor; its types are the package's.
declare module '*/maplibre-gl.mjs' {
  export * from 'maplibre-gl';
}
