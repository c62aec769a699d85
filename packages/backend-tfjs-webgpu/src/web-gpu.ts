/** What this package uses of WebGPU, described here so that no type package is needed. */
export interface Gpu {
  requestAdapter(options: { powerPreference: "high-performance" }): Promise<GpuAdapter | null>;
}

/** A device that could be opened, and what it says about itself; browsers leave most of it empty. */
export interface GpuAdapter {
  readonly info?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly device?: string;
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
  readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number };
}

/** What the npm package `webgpu` exports: Dawn, the WebGPU of Chrome, for Node. */
export interface WebgpuPackage {
  create(options: string[]): object;
  /** constants and classes that browsers have as globals: `GPUBufferUsage`, … */
  readonly globals: object;
}

/** Options of {@link createTfjsWebgpuBackend}. */
export interface WebgpuOptions {
  /** where `navigator.gpu` is missing and the package `webgpu` lies in a place that Node does not look in: imports it */
  readonly importWebgpu?: () => Promise<WebgpuPackage>;
}
