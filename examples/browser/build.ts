// Makes dist/: the page, its scripts, and the WebAssembly files that two of its backends read when they start.
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");
const require = createRequire(import.meta.url);

function copyWasm(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from))
    if (/\.(wasm|mjs)$/.test(name)) cpSync(join(from, name), join(to, name));
}

/** Builds into dist/ and returns that folder. */
export async function buildExample(): Promise<string> {
  rmSync(dist, { recursive: true, force: true });
  await build({
    entryPoints: { main: join(here, "src/main.ts") },
    outdir: join(dist, "app"),
    bundle: true,
    // Backends are loaded when they are asked for, so that the page itself is there at once.
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@plumbline/source"],
    logLevel: "error",
  });
  for (const name of ["index.html", "style.css"]) cpSync(join(here, "src", name), join(dist, name));
  copyWasm(
    join(dirname(require.resolve("@plumbline/backend-native/package.json")), "wasm"),
    join(dist, "wasm"),
  );
  copyWasm(
    join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist"),
    join(dist, "tfjs"),
  );
  return dist;
}
