// Files of this package that are no modules of it. They lie beside `src` and beside `dist` alike, so this file must stay
// where it is.

/** The WebAssembly modules and their worker. */
export const wasmFiles: { readonly worker: URL; readonly threads: URL; readonly single: URL } = {
  worker: new URL("../wasm/worker.mjs", import.meta.url),
  threads: new URL("../wasm/plumbline-threads.wasm", import.meta.url),
  single: new URL("../wasm/plumbline-single.wasm", import.meta.url),
};

/** Where `plumbline-native-build` puts what it compiles. */
export const builtAddons: readonly URL[] = [new URL("../build/plumbline.node", import.meta.url)];
