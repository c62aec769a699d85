import { builtAddons } from "../package-files.ts";
import { type AddonBinding, addonCore } from "./addon-core.ts";
import type { Core } from "./core.ts";
import { nodeBuiltins } from "./node-builtins.ts";
import { loadWasmCore } from "./wasm-core.ts";

/** The core, or why there is none; `notes` say what was passed over on the way. */
export interface Loaded {
  readonly core?: Core;
  readonly reason: string;
  readonly nextStep: string;
  readonly notes: readonly string[];
}

const nextStep = "run npx plumbline-native-build, which compiles the addon, or use tfjs-wasm";

/** The addon of this platform's package, or the one that was built from source here; else why neither. */
function loadAddon(threads: number): { core?: Core; note: string } {
  const node = nodeBuiltins();
  if (node === undefined) return { note: "" };
  const require = node.module.createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  const places: { path: string; origin: string }[] = [];
  try {
    const name = `@plumbline/native-${platform}`;
    places.push({ path: require.resolve(`${name}/plumbline.node`), origin: name });
  } catch {
    // Not installed, or not for this platform: one that was built here may do.
  }
  for (const url of builtAddons)
    places.push({ path: node.url.fileURLToPath(url), origin: "built from source" });
  const notes: string[] = [];
  for (const { path, origin } of places) {
    if (!node.fs.existsSync(path)) continue;
    try {
      return { core: addonCore(require(path) as AddonBinding, { origin, threads }), note: "" };
    } catch (error) {
      notes.push(`${origin} does not load: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { note: notes.length > 0 ? notes.join("; ") : `no addon for ${platform}` };
}

/** Processors that may be used; in a browser what it admits to. */
function processors(): number {
  return nodeBuiltins()?.os.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
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
  const environment: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {};
  const wanted = options.runtime ?? environment.PLUMBLINE_NATIVE ?? "auto";
  if (wanted === "off") {
    return { reason: "PLUMBLINE_NATIVE=off", nextStep: "unset PLUMBLINE_NATIVE", notes: [] };
  }
  const asked = Number(environment.PLUMBLINE_THREADS);
  const threads = options.threads ?? (asked >= 1 ? Math.trunc(asked) : processors());
  const attempts = [
    ...(wanted === "wasm" ? [] : [() => loadAddon(threads)]),
    ...(wanted === "addon" ? [] : [() => loadWasmCore(threads)]),
  ];
  const notes: string[] = [];
  for (const attempt of attempts) {
    const { core, note } = await attempt();
    if (core !== undefined) return { core, reason: "", nextStep: "", notes };
    if (note !== "") notes.push(note);
  }
  return { reason: notes.join("; "), nextStep, notes };
}
