// MapLibre is served from its npm package below /vendor; its types are the package's.
declare module '*/maplibre-gl.mjs' {
  export * from 'maplibre-gl';
}

// Its types are not where its `exports` says, so what we use is told here.
declare module '*/maplibre-contour/dist/index.mjs' {
  interface HeightTile {
    width: number;
    height: number;
    get(x: number, y: number): number;
  }
  class LocalDemManager {
    constructor(options: {
      demUrlPattern: string;
      cacheSize: number;
      encoding: 'terrarium' | 'mapbox';
      maxzoom: number;
      timeoutMs: number;
      getTile(url: string, abort: AbortController): Promise<{data: Blob}>;
    });
    fetchDem(z: number, x: number, y: number, options: object, abort: AbortController, timer?: object): Promise<HeightTile>;
    fetchContourTile(
      z: number, x: number, y: number, options: {levels: number[]}, abort: AbortController, timer?: object,
    ): Promise<{arrayBuffer: ArrayBuffer}>;
  }
  const mlcontour: {
    LocalDemManager: typeof LocalDemManager;
    HeightTile: new (width: number, height: number, get: (x: number, y: number) => number) => HeightTile;
  };
  export default mlcontour;
}
