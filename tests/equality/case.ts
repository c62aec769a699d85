import type { Architecture, EngineState, StepControls } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Rule } from "./rule.ts";

/** One configuration: everything that both engines are given. */
export interface EqualityCase {
  readonly index: number;
  /** family and map, for tables */
  readonly label: string;
  readonly family: string;
  readonly architecture: Architecture<Tensor>;
  readonly dIn: number;
  readonly dSae: number;
  readonly nTokens: number;
  /** first moments are zero, so that those after a step give the gradient */
  readonly state: EngineState;
  readonly batch: Float32Array;
  readonly controls: StepControls;
}

/** A case of an architecture that the reference knows. */
export interface ReferenceCase extends EqualityCase {
  readonly rule: Rule;
}

/** Parameters of a state, by name. */
export const arrayOf = (state: EngineState, name: string): Float32Array => {
  const array = state.arrays[name];
  if (!(array?.data instanceof Float32Array)) throw new Error(`no floats named ${name}`);
  return array.data;
};

/** The same state with other arrays in some places. */
export function withArrays(
  state: EngineState,
  changed: Readonly<Record<string, Float32Array | Int32Array>>,
): EngineState {
  const arrays = { ...state.arrays };
  for (const [name, data] of Object.entries(changed)) {
    const old = arrays[name];
    if (old === undefined) throw new Error(`no array named ${name}`);
    arrays[name] = { shape: old.shape, data };
  }
  return { ...state, arrays };
}

/** Names of trained arrays of a state, without their prefix. */
export const parameterNames = (state: EngineState): readonly string[] =>
  Object.keys(state.arrays)
    .filter((name) => name.startsWith("parameter/"))
    .map((name) => name.slice("parameter/".length));
