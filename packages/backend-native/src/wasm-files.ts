/** Where the WebAssembly modules and their worker lie: beside `src` and beside `dist` alike. */
export const wasmFiles: { readonly worker: URL; readonly threads: URL; readonly single: URL } = {
  worker: new URL("../wasm/worker.mjs", import.meta.url),
  threads: new URL("../wasm/plumbline-threads.wasm", import.meta.url),
  single: new URL("../wasm/plumbline-single.wasm", import.meta.url),
};
