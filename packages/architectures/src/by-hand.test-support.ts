/** An SAE of width 2 with a handful of latents, whose numbers can be followed by hand, and a run of one loss on it. */
import { type Architecture, PlumblineError } from "@plumbline/core";
import { addN, type Scalar, type Tensor, tensor, tensor2d, valueAndGrads } from "@tensorflow/tfjs";
import { tensorsFrom } from "./float64.test-support.ts";

/** Parameters by name; matrices as lists of rows. */
export type Numbers = Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;

/** What one evaluation of a loss gives, as plain numbers. */
export interface Evaluated {
  readonly terms: Record<string, number>;
  readonly statistics: Record<string, number>;
  readonly buffers: Record<string, number[]>;
  /** of the sum of all terms, or of those named */
  gradients(terms?: readonly string[]): Record<string, number[]>;
}

export function tensorsOfNumbers(numbers: Numbers): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, tensor(value as number[])]),
  );
}

const listsOf = (named: Readonly<Record<string, Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(named).map(([name, t]) => [name, [...t.dataSync()]]));
const scalarsOf = (named: Readonly<Record<string, Tensor>>): Record<string, number> =>
  Object.fromEntries(Object.entries(named).map(([name, t]) => [name, t.dataSync()[0] ?? Number.NaN]));

/** Buffers as an architecture starts with them, some replaced. */
export function buffersOf(
  architecture: Architecture<Tensor>,
  dSae: number,
  replaced: Readonly<Record<string, readonly number[]>> = {},
): Record<string, Tensor> {
  const fresh = tensorsFrom(architecture.initBuffers({ dIn: 2, dSae }));
  const own = Object.entries(replaced).map(([name, values]) => {
    const dtype = fresh[name]?.dtype as "int32" | "float32";
    return [name, tensor([...values], [values.length], dtype)] as const;
  });
  return { ...fresh, ...Object.fromEntries(own) };
}

/** Evaluates the loss of `architecture` once. */
export function evaluate(
  architecture: Architecture<Tensor>,
  given: {
    parameters: Numbers;
    x: readonly (readonly number[])[];
    scalars?: Readonly<Record<string, number>>;
    buffers?: Readonly<Record<string, readonly number[]>>;
  },
): Evaluated {
  const parameters = tensorsOfNumbers(given.parameters);
  const names = Object.keys(parameters);
  const dSae = parameters.decoder?.shape[0] ?? 0;
  const input = {
    buffers: buffersOf(architecture, dSae, given.buffers),
    x_BD: tensor2d(given.x as number[][]),
    scalars: given.scalars ?? {},
  };
  const out = architecture.loss({ ...input, parameters });
  return {
    terms: scalarsOf(out.terms),
    statistics: scalarsOf(out.statistics),
    buffers: listsOf(out.buffers),
    gradients: (terms = Object.keys(out.terms)) => {
      const { grads } = valueAndGrads((...values: Tensor[]) => {
        const changed = Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor]));
        const all = architecture.loss({ ...input, parameters: changed }).terms;
        // A product with zero keeps every parameter in the graph, also those that the terms do not touch.
        const unused = values.map((value) => value.sum().mul(0));
        return addN([...terms.map((term) => all[term] as Tensor), ...unused]) as Scalar;
      })(names.map((name) => parameters[name] as Tensor));
      return listsOf(Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])));
    },
  };
}

/** The error that `work` is refused with. */
export function refusal(work: () => unknown): PlumblineError {
  try {
    work();
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
