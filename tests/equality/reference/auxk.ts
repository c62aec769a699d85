import { type Bounded, type Forward, squaresAroundMean } from "./forward.ts";
import { addTo, dot, gamma, norm, probable, rowNorms, unit } from "./numbers.ts";
import type { Problem } from "./problem.ts";
import type { Scores } from "./scores.ts";
import { certainLargest, equalsOf, kept, out, unsure } from "./selection.ts";

/** The AuxK term: what dead latents rebuild of the residual. */
export interface Auxk {
  readonly term: Bounded;
  /** [B, F] values of chosen dead latents, whether each is chosen, and whether its gradient passes */
  readonly value: Float64Array;
  readonly error: Float64Array;
  readonly passes: Uint8Array;
  /** [B, D] rebuilt residual less the residual */
  readonly rest: Float64Array;
  readonly restSize: Float64Array;
  readonly restError: Float64Array;
  /** d(term) / d(rest) = scale · rest */
  readonly scale: Bounded;
}

/** Ranks alive latents below every dead one. */
const never = Number.NEGATIVE_INFINITY;

interface Chosen {
  readonly value: Float64Array;
  readonly error: Float64Array;
  readonly passes: Uint8Array;
}

/** The strongest dead latents of each token; negative ones too, unless the form cuts them off. */
function choose(problem: Problem, scores: Scores, dead: Uint8Array, k: number): Chosen {
  const { dIn, dSae, exact, rule } = problem;
  const size = scores.ranked.length;
  const equals = equalsOf(problem);
  const [value, error, passes] = [new Float64Array(size), new Float64Array(size), new Uint8Array(size)];
  const cut = rule.auxk?.form === "normalized";
  for (let start = 0; start < size; start += dSae) {
    const marks = chosenOf(scores, dead, { start, dSae, k, exact, equals });
    for (let f = 0; f < dSae; f++) {
      const i = start + f;
      const mark = marks[f] as number;
      if (mark === out) continue;
      const [raw, lost] = [scores.raw[i] as number, scores.rawError[i] as number];
      const sign = !cut || raw > lost ? kept : raw > -lost && lost > 0 ? unsure : out;
      if (sign === out) continue;
      passes[i] = mark === kept && sign === kept ? kept : unsure;
      value[i] = cut ? Math.max(raw, 0) : raw;
      error[i] = passes[i] === kept ? (lost * probable(dIn)) / gamma(dIn) : Math.abs(raw) + lost;
    }
  }
  return { value, error, passes };
}

function chosenOf(
  scores: Scores,
  dead: Uint8Array,
  options: { start: number; dSae: number; k: number; exact: boolean; equals: Int32Array },
): Uint8Array {
  const { start, dSae, k, exact } = options;
  const own = Float64Array.from({ length: dSae }, (_, f) =>
    dead[f] === 1 ? (scores.ranked[start + f] as number) : never,
  );
  const lost = scores.rankedError.subarray(start, start + dSae);
  const marks = new Uint8Array(dSae);
  if (exact && lost.every((error) => error === 0)) {
    const order = Array.from(own.keys()).filter((f) => dead[f] === 1);
    order.sort((i, j) => (own[j] as number) - (own[i] as number) || i - j);
    for (const f of order.slice(0, k)) marks[f] = kept;
    return marks;
  }
  // A latent that is alive ties with none.
  const equals = options.equals
    .slice(start, start + dSae)
    .map((group, f) => (dead[f] === 1 ? group : -1 - f));
  const found = certainLargest(
    { scores: own, error: lost, equals },
    { n: k, width: dSae, perRow: true, anySign: true },
  );
  for (let f = 0; f < dSae; f++) if (dead[f] === 1) marks[f] = found[f] as number;
  return marks;
}

function rebuild(
  problem: Problem,
  forward: Forward,
  chosen: Chosen,
): { rest: Float64Array; restError: Float64Array } {
  const { rule, dIn, dSae, nTokens, decoder, decoderNorm, decoderBias } = problem;
  const rest = forward.residual.slice();
  const withBias = rule.auxk?.form === "scaled-with-bias-defect";
  const restError = Float64Array.from({ length: nTokens }, (_, b) => {
    let [size, count, error] = [0, 2, forward.residualError[b] as number];
    if (withBias) {
      addTo(rest, b * dIn, 1, decoderBias, 0, dIn);
      size += norm(decoderBias, 0, dIn);
    }
    for (let f = 0; f < dSae; f++) {
      const i = b * dSae + f;
      if (chosen.passes[i] === out) continue;
      const [value, dNorm] = [chosen.value[i] as number, decoderNorm[f] as number];
      addTo(rest, b * dIn, value, decoder, f * dIn, dIn);
      size += Math.abs(value) * dNorm;
      error += (chosen.error[i] as number) * dNorm;
      count += 1;
    }
    return error + gamma(count) * size + 2 * unit * norm(forward.residual, b * dIn, dIn);
  });
  return { rest, restError };
}

/**
 * @param dead [F], 1 where the form counts a latent as dead
 * @returns nothing where the term is off; a scale of unbounded error where the residual's variance is lost in rounding
 */
export function auxkOf(
  problem: Problem,
  scores: Scores,
  forward: Forward,
  dead: Uint8Array,
): Auxk | undefined {
  const { rule, dIn, dSae, nTokens } = problem;
  const { auxk } = rule;
  const nDead = dead.reduce((sum, one) => sum + one, 0);
  if (auxk === undefined || nDead === 0) return undefined;
  const chosen = choose(problem, scores, dead, Math.min(auxk.wanted, dSae));
  const { rest, restError } = rebuild(problem, forward, chosen);
  let [value, error] = [0, 0];
  for (let b = 0; b < nTokens; b++) {
    const square = dot(rest, b * dIn, rest, b * dIn, dIn);
    const lost = restError[b] as number;
    value += square;
    error += 2 * Math.sqrt(square) * lost + lost * lost + probable(dIn) * square;
  }
  const scale = scaleOf(problem, forward, nDead);
  const term = {
    value: value * scale.value,
    error: error * (scale.value + scale.error) + value * scale.error,
  };
  return {
    term,
    ...chosen,
    rest,
    restSize: rowNorms(rest, dIn),
    restError,
    scale: { value: 2 * scale.value, error: 2 * scale.error },
  };
}

function scaleOf(problem: Problem, forward: Forward, nDead: number): Bounded {
  const { rule, dIn, nTokens } = problem;
  const { coefficient, wanted, form } = rule.auxk ?? { coefficient: 0, wanted: 1, form: "scaled" };
  if (form !== "normalized") {
    const value = (coefficient * Math.min(nDead / wanted, 1)) / nTokens;
    return { value, error: 8 * unit * value };
  }
  const variance = squaresAroundMean(forward.residual, forward.residualError, dIn);
  if (variance.value === 0 && variance.error === 0) return { value: 0, error: 0 };
  const value = coefficient / Math.max(variance.value, 1e-30);
  if (variance.error >= variance.value)
    return { value: variance.value === 0 ? 0 : value, error: Number.POSITIVE_INFINITY };
  return { value, error: value * (variance.error / (variance.value - variance.error) + 8 * unit) };
}
