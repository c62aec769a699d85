import { type Code, countOf } from "./code.ts";
import type { Bounded } from "./forward.ts";
import { grow, probable, times, unit } from "./numbers.ts";
import type { Problem } from "./problem.ts";
import { out, unsure } from "./selection.ts";

/** A sparsity penalty: its value, and its slopes. */
export interface Penalty {
  readonly term: Bounded;
  readonly atP: Bounded;
  readonly atNextP: Bounded;
  /** [B, F] d(term) / d(latent · weight) */
  readonly steep: Float64Array;
  readonly steepError: Float64Array;
  /** d(term) / d(count), of penalties on L0 */
  readonly perCount: Bounded;
}

const nothing: Bounded = { value: 0, error: 0 };

/** Relative error of a power in float32: exp(p · log w), each to a few units. */
const powerError = (w: number, p: number): number => (24 + 8 * Math.abs(p * Math.log(w))) * unit;

/** w^p for a w that float32 knows to within `lost`; `whole` where it may be anything from 0 on. */
function powerOf(w: number, lost: number, p: number, whole: boolean): Bounded {
  if (!(w > 0) && lost === 0) return nothing;
  const value = w > 0 ? w ** p : 0;
  const [high, low] = [(w + lost) ** p, w > lost ? (w - lost) ** p : p > 0 ? 0 : Number.POSITIVE_INFINITY];
  const rounding = powerError(w + lost, p) * Math.max(high, value);
  if (p === 0) return { value, error: (whole ? 1 : 0) + rounding };
  const error = whole
    ? Math.max(high, p > 0 ? 0 : Number.POSITIVE_INFINITY)
    : Math.max(Math.abs(high - value), Math.abs(low - value));
  return { value, error: error + rounding };
}

const scaled = ({ value, error }: Bounded, by: number): Bounded => ({
  value: value * by,
  error: error * Math.abs(by),
});

/** Latents times the weights of the penalty. */
function weigh(problem: Problem, code: Code): { weighted: Float64Array; lost: Float64Array } {
  const { rule, dSae, dIn, decoderNorm, exact } = problem;
  if (!rule.weighsByNorm) return { weighted: code.value, lost: code.error };
  const share = exact ? 2 * unit : probable(dIn);
  const weight = (i: number): number => decoderNorm[i % dSae] as number;
  return {
    weighted: code.value.map((value, i) => value * weight(i)),
    lost: code.error.map((error, i) => weight(i) * (error + share * Math.abs(code.value[i] as number))),
  };
}

interface Sums {
  readonly steep: Float64Array;
  readonly steepError: Float64Array;
}

/** Σ over latents of each token of w^p, [B]. */
function powerSums(problem: Problem, code: Code, w: Float64Array, lost: Float64Array, p: number): Bounded[] {
  const { nTokens, dSae } = problem;
  return Array.from({ length: nTokens }, (_, b) => {
    let [value, error] = [0, 0];
    for (let i = b * dSae; i < (b + 1) * dSae; i++) {
      if (code.passes[i] === out) continue;
      const one = powerOf(w[i] as number, lost[i] as number, p, code.passes[i] === unsure);
      value += one.value;
      error += one.error;
    }
    return { value, error };
  });
}

function meanOf(values: readonly Bounded[]): Bounded {
  const n = values.length;
  return {
    value: values.reduce((sum, { value }) => sum + value / n, 0),
    error: values.reduce((sum, { error }) => sum + error / n, 0),
  };
}

/** A power of a sum that is known to within an error; 0 where the sum is 0. */
function rootOf({ value, error }: Bounded, p: number): Bounded {
  if (value === 0 && error === 0) return nothing;
  return powerOf(value, error, p, error >= value);
}

function powers(problem: Problem, code: Code, options: { p: number; nextP: number; scale: number }): Penalty {
  const { rule, dSae, nTokens } = problem;
  const { p, nextP, scale } = options;
  const { weighted, lost } = weigh(problem, code);
  const isNorm = rule.penalty === "lp-norm";
  const sums = powerSums(problem, code, weighted, lost, p);
  const nextSums = powerSums(problem, code, weighted, lost, nextP);
  const [steep, steepError] = [new Float64Array(weighted.length), new Float64Array(weighted.length)];
  sums.forEach((sum, b) => {
    const factor = isNorm ? rootOf(sum, 1 / p - 1) : { value: p, error: 0 };
    for (let i = b * dSae; i < (b + 1) * dSae; i++) {
      if (code.passes[i] === out) continue;
      const slope = powerOf(weighted[i] as number, lost[i] as number, p - 1, code.passes[i] === unsure);
      steep[i] = (scale / nTokens) * slope.value * factor.value;
      const error = times(slope.error, factor.value + factor.error) + times(slope.value, factor.error);
      steepError[i] = (scale / nTokens) * error + 4 * unit * (steep[i] as number);
    }
  });
  const atP = meanOf(isNorm ? sums.map((sum) => rootOf(sum, 1 / p)) : sums);
  const atNextP = meanOf(isNorm ? nextSums.map((sum) => rootOf(sum, 1 / nextP)) : nextSums);
  return { term: scaled(atP, scale), atP, atNextP, steep, steepError, perCount: nothing };
}

function firstPower(problem: Problem, code: Code, scale: number): Penalty {
  const { nTokens } = problem;
  const { weighted, lost } = weigh(problem, code);
  const mean = {
    value: weighted.reduce((sum, w) => sum + w, 0) / nTokens,
    error: lost.reduce((sum, error) => sum + error, 0) / nTokens,
  };
  const steep = new Float64Array(weighted.length).fill(scale / nTokens);
  const steepError = new Float64Array(weighted.length).fill((4 * unit * scale) / nTokens);
  return { term: scaled(mean, scale), atP: mean, atNextP: nothing, steep, steepError, perCount: nothing };
}

function tangents(problem: Problem, code: Code, scale: number): Penalty {
  const { rule, nTokens } = problem;
  const { weighted, lost } = weigh(problem, code);
  const slope = rule.tanhScale;
  const share = (scale * slope) / nTokens;
  const sums: Sums = {
    steep: new Float64Array(weighted.length),
    steepError: new Float64Array(weighted.length),
  };
  let [value, error] = [0, 0];
  for (let i = 0; i < weighted.length; i++) {
    const [w, off] = [weighted[i] as number, lost[i] as number];
    const t = Math.tanh(slope * w);
    value += t / nTokens;
    error += Math.min(2, slope * off + 16 * unit * Math.abs(t)) / nTokens;
    sums.steep[i] = share * (1 - t * t);
    // |d(1 − t²) / dt| is at most 2, and t moves by at most slope · off.
    grow(sums.steepError, i, share * Math.min(1, 2 * Math.min(1, slope * off) + 32 * unit));
  }
  return {
    term: scaled({ value, error }, scale),
    atP: { value, error },
    atNextP: nothing,
    ...sums,
    perCount: nothing,
  };
}

function counts(problem: Problem, code: Code, scale: number): Penalty {
  const { rule, nTokens } = problem;
  const { sure, maybe } = countOf(code.counted);
  const l0 = { value: sure / nTokens, error: maybe / nTokens };
  const none: Sums = {
    steep: new Float64Array(code.value.length),
    steepError: new Float64Array(code.value.length),
  };
  if (rule.penalty === "step") {
    const perCount = { value: scale / nTokens, error: (4 * unit * scale) / nTokens };
    return { term: scaled(l0, scale), atP: l0, atNextP: nothing, ...none, perCount };
  }
  const off = l0.value / rule.targetL0 - 1;
  const offError = l0.error / rule.targetL0 + 4 * unit * (l0.value / rule.targetL0 + 1);
  const slope = (2 * scale) / rule.targetL0 / nTokens;
  return {
    term: { value: scale * off * off, error: scale * (2 * Math.abs(off) * offError + offError * offError) },
    atP: l0,
    atNextP: nothing,
    ...none,
    perCount: { value: slope * off, error: slope * (offError + 4 * unit * Math.abs(off)) },
  };
}

/** The penalty of a batch, or nothing where the rule has none. */
export function penaltyOf(
  problem: Problem,
  code: Code,
  scalars: Readonly<Record<string, number>>,
): Penalty | undefined {
  const { sparsityCoefficient: scale = 0, p = 1, nextP = 1 } = scalars;
  const { penalty } = problem.rule;
  if (penalty === "none") return undefined;
  if (penalty === "l1") return firstPower(problem, code, scale);
  if (penalty === "lp-power" || penalty === "lp-norm") return powers(problem, code, { p, nextP, scale });
  return penalty === "tanh" ? tangents(problem, code, scale) : counts(problem, code, scale);
}
