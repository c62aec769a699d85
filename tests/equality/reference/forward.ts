import type { Code } from "./code.ts";
import { addTo, dot, gamma, norm, probable, rowNorms, unit } from "./numbers.ts";
import type { Problem } from "./problem.ts";

/** A number and how far float32 may be from it. */
export interface Bounded {
  readonly value: number;
  readonly error: number;
}

/** Residuals x̂ − x of a batch. */
export interface Forward {
  /** [B, D] of the whole reconstruction */
  readonly residual: Float64Array;
  /** [B] norm of what it may be off by */
  readonly residualError: Float64Array;
  /** by group: Σ over this group and later ones of weight · residual, which the group's latents are held against */
  readonly targets: readonly Target[];
  readonly loss: Bounded;
}

/** What the latents of each token are held against: [B, D] rows, their norms, and the norm of what they may be off by. */
export interface Target {
  readonly rows: Float64Array;
  readonly size: Float64Array;
  readonly error: Float64Array;
}

interface Prefix {
  readonly residual: Float64Array;
  readonly error: Float64Array;
}

/** Residuals of the reconstructions from the first group, the first two, and so on. */
function prefixes(problem: Problem, code: Code): readonly Prefix[] {
  const { rule, dIn, dSae, nTokens, decoder, decoderNorm, decoderBias, x } = problem;
  const biasNorm = norm(decoderBias, 0, dIn);
  const made = rule.groups.map(() => ({
    residual: new Float64Array(nTokens * dIn),
    error: new Float64Array(nTokens),
  }));
  for (let b = 0; b < nTokens; b++) {
    const sum = decoderBias.slice();
    let [size, count, error, first] = [biasNorm, 1, 0, 0];
    rule.groups.forEach(({ end }, group) => {
      for (let f = first; f < end; f++) {
        const i = b * dSae + f;
        const [value, lost] = [code.value[i] as number, code.error[i] as number];
        if (value === 0 && lost === 0) continue;
        addTo(sum, 0, value, decoder, f * dIn, dIn);
        size += Math.abs(value) * (decoderNorm[f] as number);
        error += lost * (decoderNorm[f] as number);
        count += 1;
      }
      first = end;
      const { residual, error: errors } = made[group] as Prefix;
      for (let j = 0; j < dIn; j++) residual[b * dIn + j] = (sum[j] as number) - (x[b * dIn + j] as number);
      errors[b] = error + gamma(count) * size + unit * norm(residual, b * dIn, dIn);
    });
  }
  return made;
}

/** Reconstruction, its loss, and what gradients read. */
export function forwardOf(problem: Problem, code: Code): Forward {
  const { rule, dIn, nTokens } = problem;
  const made = prefixes(problem, code);
  let [value, error] = [0, 0];
  made.forEach(({ residual, error: errors }, group) => {
    const weight = rule.groups[group]?.weight ?? 0;
    for (let b = 0; b < nTokens; b++) {
      const [size, lost] = [norm(residual, b * dIn, dIn), errors[b] as number];
      value += (weight * size * size) / nTokens;
      error += (weight * (2 * size * lost + lost * lost + probable(dIn) * size * size)) / nTokens;
    }
  });
  const last = made[made.length - 1] as Prefix;
  return {
    residual: last.residual,
    residualError: last.error,
    targets: targetsOf(problem, made),
    loss: { value, error },
  };
}

function targetsOf(problem: Problem, made: readonly Prefix[]): readonly Target[] {
  const { rule, dIn, nTokens } = problem;
  const targets: Target[] = [];
  for (let group = made.length - 1; group >= 0; group--) {
    const later = targets[0];
    const { residual, error: errors } = made[group] as Prefix;
    const weight = rule.groups[group]?.weight ?? 0;
    const rows = later === undefined ? new Float64Array(nTokens * dIn) : later.rows.slice();
    addTo(rows, 0, weight, residual, 0, rows.length);
    const error = Float64Array.from({ length: nTokens }, (_, b) => {
      const size = weight * norm(residual, b * dIn, dIn);
      return weight * (errors[b] as number) + 2 * unit * size + (later?.error[b] ?? 0);
    });
    targets.unshift({ rows, size: rowNorms(rows, dIn), error });
  }
  return targets;
}

/** Σ over tokens of ‖row − mean row‖². */
export function squaresAroundMean(
  rows: Float64Array,
  rowError: Float64Array | undefined,
  dIn: number,
): Bounded {
  const n = rows.length / dIn;
  const mean = new Float64Array(dIn);
  let [meanError, size] = [0, 0];
  for (let b = 0; b < n; b++) {
    addTo(mean, 0, 1 / n, rows, b * dIn, dIn);
    meanError += (rowError?.[b] ?? 0) / n;
    size += norm(rows, b * dIn, dIn) / n;
  }
  // The mean of one row is the row.
  if (n > 1) meanError += gamma(n) * size;
  let [value, error] = [0, 0];
  for (let b = 0; b < n; b++) {
    const rest = rows.slice(b * dIn, (b + 1) * dIn);
    addTo(rest, 0, -1, mean, 0, dIn);
    const square = dot(rest, 0, rest, 0, dIn);
    const lost = n === 1 ? 0 : (rowError?.[b] ?? 0) + meanError;
    value += square;
    error += 2 * Math.sqrt(square) * lost + lost * lost + probable(dIn) * square;
  }
  return n === 1 ? { value: 0, error: 0 } : { value, error };
}
