import type { JsonObject } from "@plumbline/core";

/** What a recipe depends on besides itself. */
export interface PresetShape {
  readonly dIn: number;
  readonly dSae: number;
  readonly nSteps: number;
}

/** A reference library's recipe as plain data, in the form of a training configuration. */
export interface Recipe {
  /** name and configuration of the architecture */
  readonly architecture: JsonObject & { readonly name: string };
  readonly trainer: {
    /** rows per step */
    readonly batchSize: number;
    /** largest global gradient norm */
    readonly clipNorm: number | "none";
    /** `unit`: activations scaled to E‖x‖² = 1 */
    readonly inputScale: "unit" | "none";
  };
  /** curves of `lr` and of the architecture's controls; `p-annealing` supplies several */
  readonly schedules: Readonly<Record<string, JsonObject>>;
}

/**
 * A named recipe of a reference library: what it does when left at its defaults, so that a run here is a run there.
 *
 * Where the library's recipe contains a known defect, the option that reproduces it has `defect` in its name.
 */
export interface Preset {
  readonly specVersion: 1;
  /** `<library>/<architecture>` */
  readonly name: string;
  readonly description: string;
  recipe(shape: PresetShape): Recipe;
}

/** A curve that stays the same. */
export function constantCurve(value: number): JsonObject {
  return { kind: "constant", value };
}

/** `value · min(step / nSteps, 1)`: 0 at the first step. */
export function rampFromZero(value: number, nSteps: number): JsonObject {
  return {
    kind: "join",
    parts: [{ nSteps, curve: { kind: "linear-decay", from: 0, to: value } }, { curve: constantCurve(value) }],
  };
}
