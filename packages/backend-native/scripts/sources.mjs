// Which files and flags WebAssembly is built from, and their hash.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const native = join(packageFolder, "native");

const core = readdirSync(join(native, "core"))
  .filter((name) => name.endsWith(".cc") && name !== "host_threads.cc")
  .sort()
  .map((name) => `core/${name}`);

/** Files that are compiled, relative to `native/`. */
export const wasmSources = [...core, "isa/wasm.cc", "wasm/runtime.cc", "wasm/exports.cc"];

const common = [
  "--target=wasm32",
  "-std=c++17",
  "-O3",
  "-ffreestanding",
  "-fno-exceptions",
  "-fno-rtti",
  "-fno-math-errno",
  "-ffp-contract=off",
  "-fno-threadsafe-statics",
  "-fvisibility=hidden",
  "-msimd128",
  "-mbulk-memory",
  "-nostdlib",
  "-Iwasm/include",
  "-Wl,--no-entry",
  "-Wl,--export=__stack_pointer",
  "-Wl,--export=__heap_base",
  "-Wl,--import-memory",
  "-Wl,-z,stack-size=262144",
  "-Wl,--strip-all",
  "-Wl,--max-memory=4294967296",
];

/** The two modules: one for shared memory and threads, one for pages that have neither. */
export const wasmModules = [
  { file: "plumbline-threads.wasm", flags: [...common, "-matomics", "-Wl,--shared-memory"] },
  { file: "plumbline-single.wasm", flags: common },
];

/** One hash of everything that the modules are made from. */
export function wasmSourceHash() {
  const headers = ["core", "isa", "wasm/include"].flatMap((folder) =>
    readdirSync(join(native, folder))
      .filter((name) => name.endsWith(".h"))
      .map((name) => `${folder}/${name}`),
  );
  const hash = createHash("sha256").update(JSON.stringify(wasmModules));
  for (const file of [...wasmSources, ...headers].sort()) {
    hash.update(file).update(readFileSync(join(native, file)));
  }
  return hash.digest("hex");
}
