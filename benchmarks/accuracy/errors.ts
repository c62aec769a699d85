import type { StepGradients } from "./reference.ts";

/** How far a step is from the reference. */
export interface StepErrors {
  /** of the loss */
  readonly loss: number;
  /** the largest over parameters of `‖gradient − reference‖ / ‖reference‖` */
  readonly gradients: number;
}

const norm = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) ** 2;
  return Math.sqrt(sum);
};

/** `‖got − expected‖ / ‖expected‖`; 0 for two arrays of zeros. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length)
    throw new Error(`expected ${expected.length} numbers, got ${got.length}`);
  const difference = norm(Array.from(expected, (value, i) => (got[i] ?? Number.NaN) - value));
  return difference === 0 ? 0 : difference / norm(expected);
}

export function errorsOf(got: StepGradients, reference: StepGradients): StepErrors {
  const gradients = Object.entries(reference.gradients).map(([name, expected]) => {
    const found = got.gradients[name];
    if (found === undefined) throw new Error(`no gradient of ${name}`);
    return relativeError(found, expected);
  });
  return { loss: relativeError([got.loss], [reference.loss]), gradients: Math.max(0, ...gradients) };
}

/** One digit, and an exponent: `3e-7`. */
const short = (error: number): string => (error === 0 ? "0" : error.toExponential(0));

/** Who was measured, with its errors by the name of the case. */
export interface Measured {
  readonly name: string;
  readonly errors: Readonly<Record<string, StepErrors>>;
}

/** Rows of the table: the loss over all cases, and the gradients of each. */
export function errorRows(measured: readonly Measured[], cases: readonly string[]): string[][] {
  const rows = measured.map(({ name, errors }) => {
    const losses = Object.values(errors).map(({ loss }) => loss);
    const gradients = cases.map((one) => {
      const found = errors[one];
      return found === undefined ? "" : short(found.gradients);
    });
    return [name, short(Math.max(...losses)), ...gradients];
  });
  return [["relative error", "loss", ...cases], ...rows];
}
