import type { Named } from "../architecture.ts";

/** What an engine keeps by parameter or buffer, and the prefix of each kind in the names of `EngineState.arrays`. */
export const engineStatePrefixes = {
  parameters: "parameter/",
  /** Adam's first moments */
  mean: "optimizer/mean/",
  /** Adam's second moments */
  variance: "optimizer/variance/",
  buffers: "buffer/",
} as const;

/** One value for each parameter, moment and buffer: arrays, tensors, or what is expected of them. */
export type EngineStateGroups<V> = Readonly<Record<keyof typeof engineStatePrefixes, Named<V>>>;

/**
 * All values of an engine under their names in `EngineState.arrays`.
 *
 * @returns parameters, first moments, second moments and buffers, each in the order of its group
 * @example
 * import { joinState } from "@plumbline/core";
 *
 * const named = joinState({ parameters: { encoder: 1 }, mean: { encoder: 2 }, variance: { encoder: 3 }, buffers: {} });
 * console.log(Object.keys(named).join(" ")); // parameter/encoder optimizer/mean/encoder optimizer/variance/encoder
 */
export function joinState<V>(groups: EngineStateGroups<V>): Record<string, V> {
  return Object.fromEntries(
    (Object.keys(engineStatePrefixes) as (keyof typeof engineStatePrefixes)[]).flatMap((group) =>
      Object.entries(groups[group]).map(
        ([name, value]) => [`${engineStatePrefixes[group]}${name}`, value] as const,
      ),
    ),
  );
}

/**
 * The inverse of {@link joinState}.
 *
 * @returns the values by group, in the order of `named`; names without one of the prefixes are left out
 * @example
 * import { splitState } from "@plumbline/core";
 *
 * const { parameters, buffers } = splitState({ "parameter/encoder": 1, "buffer/seen": 4 });
 * console.log(parameters.encoder, buffers.seen); // 1 4
 */
export function splitState<V>(named: Named<V>): EngineStateGroups<V> {
  const under = (prefix: string): Named<V> =>
    Object.fromEntries(
      Object.entries(named)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  return {
    parameters: under(engineStatePrefixes.parameters),
    mean: under(engineStatePrefixes.mean),
    variance: under(engineStatePrefixes.variance),
    buffers: under(engineStatePrefixes.buffers),
  };
}
