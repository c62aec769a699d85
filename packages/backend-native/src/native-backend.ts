import {
  type Architecture,
  type Backend,
  type BackendProbe,
  backendSpecVersion,
  checkForm,
  checkWidths,
  type EngineOptions,
  type InferenceForm,
  PlumblineError,
  type SaeEngine,
  type SaeInference,
} from "@plumbline/core";
import type { Core, CoreEngine } from "./core/core.ts";
import { levels } from "./core/layout.ts";
import { type Loaded, loadCore } from "./core/load-core.ts";
import { createNativeEngine } from "./engine/native-engine.ts";
import { openNativeInference, ruleOf } from "./engine/native-inference.ts";
import { backendUnavailable, coreError, packageName, unsupportedArchitecture } from "./errors.ts";
import { coreConfig, type Level } from "./plan/core-config.ts";
import { planFor } from "./plan/plan.ts";

/** How a native backend is set up; everything has a default that fits. */
export interface NativeBackendOptions {
  /**
   * `auto`: the encoder product is screened in the fastest precision that the processor has, and what may matter is computed in
   * float32; results are those of `fp32`, bit for bit. A name of a level forces it, for measurements.
   */
  readonly precision?: "auto" | Level;
  /** threads of each engine; all processors by default */
  readonly threads?: number;
  /** one of what `plumbline doctor` lists, the best one by default */
  readonly instructionSet?: string;
  /** `addon` or `wasm`, the first that works by default */
  readonly runtime?: "auto" | "addon" | "wasm";
}

/** Roughly, by CPU time of a TopK step (dIn 512, dSae 2048, batch 512) against tfjs-cpu. */
const speeds = { addon: 400, wasm: 100 } as const;

interface Chosen {
  readonly core: Core;
  readonly instructionSet: string;
  readonly level: Level;
}

function choose(loaded: Loaded, options: NativeBackendOptions): Chosen {
  const { core } = loaded;
  if (core === undefined) throw backendUnavailable(loaded.reason, loaded.nextStep);
  const { instructionSet = core.instructionSets[0] ?? "", precision = "auto" } = options;
  if (!core.instructionSets.includes(instructionSet)) {
    throw backendUnavailable(
      `this processor does not run the instruction set "${instructionSet}"`,
      `choose one of ${core.instructionSets.join(", ")}`,
    );
  }
  const automatic = levels[core.automaticLevel(instructionSet)] ?? "fp32";
  return { core, instructionSet, level: precision === "auto" ? automatic : precision };
}

function probeOf(loaded: Loaded, options: NativeBackendOptions): BackendProbe {
  try {
    const { core, instructionSet, level } = choose(loaded, options);
    const threads = `${core.threads} thread${core.threads === 1 ? "" : "s"}`;
    const runtime = core.runtime === "addon" ? "addon" : "WebAssembly";
    return {
      available: true,
      deterministic: true,
      device: `${runtime}, ${instructionSet}, ${threads}, screening in ${level} (${[core.origin, ...loaded.notes].join("; ")})`,
      versions: {},
      speed: speeds[core.runtime],
    };
  } catch (error) {
    if (!PlumblineError.isInstance(error)) throw error;
    return { available: false, reason: error.what, nextStep: error.hint ?? "use a tfjs backend" };
  }
}

/**
 * The fused engine with settings of your own; {@link nativeBackend} is the one with none.
 *
 * @example
 * import { createNativeBackend } from "@plumbline/backend-native";
 *
 * const backend = createNativeBackend({ precision: "fp32", threads: 1 });
 * console.log(backend.name); // native
 */
export function createNativeBackend(options: NativeBackendOptions = {}): Backend<unknown> {
  let loading: Promise<Loaded> | undefined;
  const loaded = (): Promise<Loaded> => {
    loading ??= loadCore(options);
    return loading;
  };
  const makeCore = async (config: (level: Level) => Float64Array, where: string): Promise<CoreEngine> => {
    const { core, instructionSet, level } = choose(await loaded(), options);
    const made = await core.create(config(level), instructionSet);
    if (typeof made === "string") throw coreError(where, made === "ok" ? "bad-config" : made);
    return made;
  };
  const createEngine = async (engine: EngineOptions<unknown>): Promise<SaeEngine> => {
    const { architecture, dIn, dSae } = engine;
    checkWidths(engine, { from: packageName, where: "createEngine()" });
    architecture.check(engine);
    const { plan, unsupported } = planFor(architecture);
    if (plan === undefined) throw unsupportedArchitecture(unsupported);
    const { family, numbers, groups, k } = plan;
    const common = {
      family,
      dIn,
      dSae,
      k: Math.max(1, Math.trunc(k)),
      ...(groups === undefined ? {} : { groups }),
    };
    const core = await makeCore((chosen) => {
      const level = engine.precision === "fp32" ? "fp32" : chosen;
      return coreConfig({ ...numbers, trainable: 1 }, { ...common, level });
    }, "createEngine()");
    return createNativeEngine(engine, { plan, core });
  };
  const openInference = async (form: InferenceForm): Promise<SaeInference> => {
    checkForm(form, { from: packageName });
    const { dIn, dSae, subtractDecoderBias } = form;
    const core = await makeCore(
      (level) =>
        coreConfig(
          { subtractDecoderBias: Number(subtractDecoderBias), unitRows: 1 },
          { ...ruleOf(form), dIn, dSae, level },
        ),
      "openInference()",
    );
    return openNativeInference(core, form);
  };
  return Object.freeze({
    specVersion: backendSpecVersion,
    name: "native",
    description: "own fused kernels in C++: the fastest on a CPU, same results at every precision",
    probe: async () => probeOf(await loaded(), options),
    unsupported: (architecture: Architecture<unknown>) => planFor(architecture).unsupported,
    createEngine,
    openInference,
  } satisfies Backend<unknown>);
}

/** The fused engine, as this machine runs it best. */
export const nativeBackend: Backend<unknown> = createNativeBackend();
