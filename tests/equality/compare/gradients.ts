import type { EngineState } from "@plumbline/core";
import { arrayOf, type ReferenceCase } from "../case.ts";
import { type CaseFindings, violate } from "../findings.ts";
import type { Rows } from "../reference/gradients.ts";
import { unit } from "../reference/numbers.ts";
import type { StepReference } from "../reference/reference.ts";
import { relative } from "./numbers.ts";

/** Gradients as Adam got them: first moments were zero before, so each is the gradient times `1 − beta1`. */
export function gradientOf(after: EngineState, name: string, one: ReferenceCase): Float64Array {
  const share = Math.fround(1 - one.rule.beta1);
  return Float64Array.from(arrayOf(after, `optimizer/mean/${name}`), (mean) => mean / share);
}

function distance(a: Float64Array, b: Float64Array, start: number, width: number): number {
  let square = 0;
  for (let i = start; i < start + width; i++) square += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(square);
}

function rowNorm(rows: Float64Array, start: number, width: number): number {
  let square = 0;
  for (let i = start; i < start + width; i++) square += (rows[i] as number) ** 2;
  return Math.sqrt(square);
}

/** Moments are float32, below the smallest number in steps of 2^-149. */
const quantum = (width: number): number => Math.sqrt(width) * 2 ** -144;

/** One engine's gradients against the reference, row by row. */
export function compareGradients(
  found: CaseFindings,
  who: string,
  made: { after: EngineState; one: ReferenceCase; reference: StepReference },
): void {
  const { after, one, reference } = made;
  for (const [name, expected] of Object.entries(reference.gradients)) {
    const got = gradientOf(after, name, one);
    const { rows, width, error } = expected;
    for (let row = 0; row < error.length; row++) {
      const size = rowNorm(rows, row * width, width);
      const off = error[row] as number;
      if (Number.isNaN(off))
        throw new Error(`no bound of the gradient of ${name}, row ${row}, case ${found.index}`);
      if (!Number.isFinite(off)) {
        found.all.count(`gradient rows that float32 cannot decide (${who})`);
        continue;
      }
      const difference = distance(got, rows, row * width, width);
      const limit = (relative + 4 * unit) * size + off + quantum(width);
      if (!(difference <= limit)) {
        violate(
          found,
          `${who}: gradient of ${name}, row ${row}, is off by ${difference.toExponential(2)}; its norm is ${size.toExponential(2)}, allowed ${limit.toExponential(2)}`,
        );
        break;
      }
      found.all.count(`gradient rows within their bounds (${who})`);
      if (off > 0 && reference.undecided === 0) {
        found.all.meet(`gradient rows, share of the bound (${who})`, difference / limit, found.index);
      }
    }
  }
}

/** How far the gradients of a whole parameter differ, where every pair is decided and they do not cancel. */
export const wholeGradients = "gradients of a parameter, relative to their norm";

/** In which range a relative difference lies. */
function rangeOf(size: number, off: number, share: number): string {
  if (size === 0) return "gradient rows of zeros";
  if (size <= off) return "gradient rows that cancel to less than their bound";
  const ranges = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3];
  const most = ranges.find((limit) => share <= limit);
  return `gradient rows by relative difference: ${most === undefined ? "above 1e-3" : `to ${most.toExponential(0)}`}`;
}

/** The two engines' gradients against each other, where they chose alike. */
export function compareBoth(
  found: CaseFindings,
  made: { generic: EngineState; native: EngineState; one: ReferenceCase; reference: StepReference },
): void {
  for (const [name, expected] of Object.entries(made.reference.gradients)) {
    const [a, b] = [gradientOf(made.generic, name, made.one), gradientOf(made.native, name, made.one)];
    const { width, error } = expected as Rows;
    const whole = rowNorm(a, 0, a.length);
    if (rowNorm(error, 0, error.length) < 0.01 * whole && made.reference.undecided === 0) {
      found.all.meet(wholeGradients, distance(a, b, 0, a.length) / whole, found.index);
    }
    for (let row = 0; row < error.length; row++) {
      const off = error[row] as number;
      if (!Number.isFinite(off)) continue;
      const size = Math.max(rowNorm(a, row * width, width), rowNorm(b, row * width, width));
      const difference = distance(a, b, row * width, width);
      if (!(difference <= relative * size + 2 * off + quantum(width))) {
        violate(
          found,
          `gradient of ${name}, row ${row}: the engines differ by ${difference.toExponential(2)}, norm ${size.toExponential(2)}`,
        );
        break;
      }
      const share = size === 0 ? 0 : difference / size;
      found.all.count(rangeOf(size, off + quantum(width), share));
      if (size > 0 && off <= 10 * relative * size)
        found.all.meet("gradient rows, relative to their norm", share, found.index);
    }
  }
}
