import { createNativeBackend } from "@plumbline/backend-native";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import {
  type Architecture,
  type Backend,
  createRandom,
  type EngineState,
  PlumblineError,
  type SaeEngine,
} from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { arrayOf, type EqualityCase, parameterNames } from "./case.ts";

/** How the native engine is chosen. */
export interface NativeChoice {
  readonly runtime?: "addon" | "wasm";
  readonly instructionSet?: string;
  readonly precision?: Precision;
}

const precisions = ["fp32", "bf16", "int8", "int16"] as const;
export type Precision = "auto" | (typeof precisions)[number];
export const isPrecision = (name: string): name is Precision =>
  name === "auto" || (precisions as readonly string[]).includes(name);

/** A backend by the name that tables have for it. */
export interface Variant {
  readonly name: string;
  readonly backend: Backend<unknown>;
}

export interface Engines {
  readonly generic: Backend<Tensor>;
  /** what is compared to the generic engine */
  readonly native: Variant;
  /** what must give the same bytes */
  readonly variants: readonly Variant[];
  /** levels that this instruction set does not have */
  readonly absent: readonly string[];
}

/** The engine of a case, its parameters in place without drawing new ones. */
export async function openEngine<T>(
  backend: Backend<T>,
  one: Pick<EqualityCase, "dIn" | "dSae" | "state" | "architecture">,
  state: EngineState = one.state,
): Promise<SaeEngine> {
  const { dIn, dSae, architecture } = one;
  const init = () =>
    Object.fromEntries(
      parameterNames(state).map((name) => {
        const { shape } = state.arrays[`parameter/${name}`] ?? { shape: [] };
        return [name, { shape, data: arrayOf(state, `parameter/${name}`).slice() }];
      }),
    );
  const sample = { rows: new Float32Array(dIn), nRows: 1, mean: new Float32Array(dIn) };
  const engine = await backend.createEngine({
    architecture: { ...architecture, init } as unknown as Architecture<T>,
    dIn,
    dSae,
    random: createRandom(0),
    sample,
  });
  await engine.importState(state);
  return engine;
}

/** Whether an engine can be made at a level at all. */
async function isThere(backend: Backend<unknown>, one: EqualityCase): Promise<boolean> {
  try {
    (await openEngine(backend, one)).dispose();
    return true;
  } catch (error) {
    if (PlumblineError.isInstance(error) && error.code === "core-refused") return false;
    throw error;
  }
}

/**
 * Every engine of a run.
 *
 * @param probe a case that the native engine takes, to see which levels there are
 */
export async function openEngines(choice: NativeChoice, probe: EqualityCase): Promise<Engines> {
  const { precision = "auto", ...where } = choice;
  const make = (options: { precision: Precision; threads: number }): Backend<unknown> =>
    createNativeBackend({ ...where, ...options });
  const native = { name: `${precision}, 2 threads`, backend: make({ precision, threads: 2 }) };
  const variants: Variant[] = [];
  const absent: string[] = [];
  for (const level of precisions) {
    const backend = make({ precision: level, threads: 1 });
    if (await isThere(backend, probe)) variants.push({ name: level, backend });
    else absent.push(level);
  }
  for (const threads of [1, 5])
    variants.push({ name: `${precision}, ${threads} threads`, backend: make({ precision, threads }) });
  return { generic: tfjsCpuBackend, native, variants, absent };
}
