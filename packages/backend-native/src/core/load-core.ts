import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type AddonBinding, addonCore } from "./addon-core.ts";
import type { Core } from "./core.ts";
import { loadWasmCore } from "./wasm-core.ts";

/** The core, or why there is none; `notes` say what was passed over on the way. */
export interface Loaded {
  readonly core?: Core;
  readonly reason: string;
  readonly nextStep: string;
  readonly notes: readonly string[];
}

const require = createRequire(import.meta.url);

/** Where an addon may be, best first: this platform's package, what was built from source here. */
function addonPaths(): readonly { readonly path: string; readonly origin: string }[] {
  const name = `@plumbline/native-${process.platform}-${process.arch}`;
  const found: { path: string; origin: string }[] = [];
  try {
    found.push({ path: require.resolve(`${name}/plumbline.node`), origin: name });
  } catch {
    // Not installed, or not for this platform: the next one may do.
  }
  const built = fileURLToPath(new URL("../../build/plumbline.node", import.meta.url));
  const bundled = fileURLToPath(new URL("../build/plumbline.node", import.meta.url));
  for (const path of [built, bundled]) found.push({ path, origin: "built from source" });
  return found;
}

function loadAddon(threads: number): { core?: Core; note: string } {
  const notes: string[] = [];
  for (const { path, origin } of addonPaths()) {
    if (!existsSync(path)) continue;
    try {
      return { core: addonCore(require(path) as AddonBinding, { origin, threads }), note: "" };
    } catch (error) {
      notes.push(`${origin} does not load: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const none = `no addon for ${process.platform}-${process.arch}`;
  return { note: notes.length > 0 ? notes.join("; ") : none };
}

/**
 * Loads the core: the addon where there is one for this machine, else WebAssembly. Never throws.
 *
 * The variable `PLUMBLINE_NATIVE` (`addon`, `wasm` or `off`) decides where the options leave it open, `PLUMBLINE_THREADS` the
 * number of threads.
 */
export async function loadCore(options: {
  readonly runtime?: "auto" | "addon" | "wasm";
  readonly threads?: number;
}): Promise<Loaded> {
  const wanted = options.runtime ?? process.env.PLUMBLINE_NATIVE ?? "auto";
  const fromEnvironment = Number(process.env.PLUMBLINE_THREADS);
  const threads =
    options.threads ?? (fromEnvironment >= 1 ? Math.trunc(fromEnvironment) : availableParallelism());
  const nextStep = "run npx plumbline-native-build, which compiles the addon, or use tfjs-wasm";
  if (wanted === "off") {
    return { reason: "PLUMBLINE_NATIVE=off", nextStep: "unset PLUMBLINE_NATIVE", notes: [] };
  }
  const notes: string[] = [];
  if (wanted !== "wasm") {
    const { core, note } = loadAddon(threads);
    if (core !== undefined) return { core, reason: "", nextStep: "", notes };
    notes.push(note);
  }
  if (wanted !== "addon") {
    const { core, note } = await loadWasmCore(threads);
    if (core !== undefined) return { core, reason: "", nextStep: "", notes };
    notes.push(note);
  }
  return { reason: notes.join("; "), nextStep, notes };
}
