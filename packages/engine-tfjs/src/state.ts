import type { Architecture, EngineState, Json, Named, NamedArray } from "@plumbline/core";
import { stateMismatch } from "./errors.ts";
import type { EngineTensors } from "./update.ts";

const prefixes: Readonly<Record<keyof EngineTensors, string>> = {
  parameters: "parameter/",
  mean: "optimizer/mean/",
  variance: "optimizer/variance/",
  buffers: "buffer/",
};

type Groups<V> = Readonly<Record<keyof EngineTensors, Named<V>>>;

/** All values under their prefixed names. */
export function joinState<V>(groups: Groups<V>): Record<string, V> {
  return Object.fromEntries(
    (Object.keys(prefixes) as (keyof EngineTensors)[]).flatMap((group) =>
      Object.entries(groups[group]).map(([name, value]) => [`${prefixes[group]}${name}`, value] as const),
    ),
  );
}

/** The inverse of {@link joinState}. */
export function splitState<V>(named: Named<V>): Groups<V> {
  const under = (prefix: string): Named<V> =>
    Object.fromEntries(
      Object.entries(named)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  return {
    parameters: under(prefixes.parameters),
    mean: under(prefixes.mean),
    variance: under(prefixes.variance),
    buffers: under(prefixes.buffers),
  };
}

/** JSON with sorted keys, so that equal configurations give equal text. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}

/** Refuses a state that another architecture, configuration or width has made. */
export function checkState<T>(
  state: EngineState,
  own: {
    architecture: Architecture<T>;
    dIn: number;
    dSae: number;
    expected: Named<{ shape: readonly number[]; dtype: string }>;
  },
): void {
  const { architecture, dIn, dSae, expected } = own;
  const compare = (what: string, mine: string, theirs: string): void => {
    if (mine !== theirs) throw stateMismatch(what, mine, theirs);
  };
  compare("architecture", architecture.name, state.architecture.name);
  compare("configuration", canonical(architecture.config), canonical(state.architecture.config));
  compare("widths", `${dIn} → ${dSae}`, `${state.dIn} → ${state.dSae}`);
  if (!Number.isInteger(state.nSteps) || state.nSteps < 0) {
    throw stateMismatch("a number of steps of", "0 or more", `${state.nSteps}`);
  }
  compare("arrays", Object.keys(expected).sort().join(", "), Object.keys(state.arrays).sort().join(", "));
  for (const [name, { shape, dtype }] of Object.entries(expected)) {
    const array = state.arrays[name] as NamedArray;
    compare(`shape of ${name}`, `[${shape.join(", ")}]`, `[${array.shape.join(", ")}]`);
    compare(`length of ${name}`, `${shape.reduce((n, size) => n * size, 1)}`, `${array.data.length}`);
    compare(`dtype of ${name}`, dtype, array.data instanceof Int32Array ? "int32" : "float32");
  }
}
