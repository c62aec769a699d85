import type { Architecture, Named, SaeShape } from "../architecture.ts";
import type { EngineState } from "../engine.ts";
import { PlumblineError } from "../errors/plumbline-error.ts";
import type { NamedArray } from "../inference-form.ts";
import type { Json } from "../json.ts";

/** JSON with sorted keys, so that equal configurations give equal text. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}

/**
 * Refuses a state that another architecture, configuration or width has made.
 *
 * @param own.architecture of the engine that is to continue from the state; its configuration is compared whatever the
 *   order of keys
 * @param own.expected shape and dtype (`float32`, `int32`) of each array that the engine holds, by its name in
 *   `EngineState.arrays`; see `joinState`
 * @param own.from name of the package that refuses, `engine-tfjs`
 * @throws PlumblineError `state-mismatch` with the first difference
 * @example
 * import { checkState, PlumblineError } from "@plumbline/core";
 *
 * const architecture = { name: "relu", config: {} };
 * const arrays = { "parameter/decoderBias": { shape: [4], data: new Float32Array(4) } };
 * const expected = { "parameter/decoderBias": { shape: [3], dtype: "float32" } };
 * const state = { architecture, dIn: 3, dSae: 8, nSteps: 10, arrays };
 * try {
 *   checkState(state, { architecture, dIn: 3, dSae: 8, expected, from: "my-engine" });
 * } catch (error) {
 *   if (PlumblineError.isInstance(error)) console.log(error.code); // state-mismatch
 * }
 */
export function checkState(
  state: EngineState,
  own: SaeShape & {
    readonly architecture: Pick<Architecture<unknown>, "name" | "config">;
    readonly expected: Named<{ readonly shape: readonly number[]; readonly dtype: string }>;
    readonly from: string;
  },
): void {
  const { architecture, dIn, dSae, expected, from } = own;
  const refusal = (what: string, mine: string, theirs: string): PlumblineError =>
    new PlumblineError({
      code: "state-mismatch",
      kind: "input",
      message: `[${from}] importState(): expected ${what} ${mine}, got ${theirs}`,
      hint: "resume with the configuration that the state was saved with",
    });
  const compare = (what: string, mine: string, theirs: string): void => {
    if (mine !== theirs) throw refusal(what, mine, theirs);
  };
  compare("architecture", architecture.name, state.architecture.name);
  compare("configuration", canonical(architecture.config), canonical(state.architecture.config));
  compare("widths", `${dIn} → ${dSae}`, `${state.dIn} → ${state.dSae}`);
  if (!Number.isInteger(state.nSteps) || state.nSteps < 0) {
    throw refusal("a number of steps of", "0 or more", `${state.nSteps}`);
  }
  compare("arrays", Object.keys(expected).sort().join(", "), Object.keys(state.arrays).sort().join(", "));
  for (const [name, { shape, dtype }] of Object.entries(expected)) {
    const array = state.arrays[name] as NamedArray;
    compare(`shape of ${name}`, `[${shape.join(", ")}]`, `[${array.shape.join(", ")}]`);
    compare(`length of ${name}`, `${shape.reduce((n, size) => n * size, 1)}`, `${array.data.length}`);
    compare(`dtype of ${name}`, dtype, array.data instanceof Int32Array ? "int32" : "float32");
  }
}
