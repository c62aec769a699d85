import { fillNormal, type Random } from "@plumbline/core";

/** Divides every row of `rows` `[n, width]` by its norm, in place. */
export function normalizeRows(rows: Float32Array, width: number): Float32Array {
  for (let start = 0; start < rows.length; start += width) {
    let square = 0;
    for (let j = start; j < start + width; j++) square += (rows[j] ?? 0) ** 2;
    const norm = Math.sqrt(square);
    for (let j = start; j < start + width; j++) rows[j] = (rows[j] ?? 0) / norm;
  }
  return rows;
}

/** Σ_i d_i d_iᵀ over the rows of `directions` `[n, dIn]`; returns [dIn, dIn]. */
function secondMoment(directions: Float32Array, dIn: number): Float64Array {
  const moment = new Float64Array(dIn * dIn);
  for (let start = 0; start < directions.length; start += dIn) {
    for (let a = 0; a < dIn; a++) {
      const left = directions[start + a] ?? 0;
      const row = a * dIn;
      for (let b = 0; b < dIn; b++) {
        moment[row + b] = (moment[row + b] ?? 0) + left * (directions[start + b] ?? 0);
      }
    }
  }
  return moment;
}

/**
 * One step of gradient descent on Σ_{i≠j} ⟨d_i, d_j⟩², rows kept at norm 1, in place. With M = Σ_j d_j d_jᵀ the gradient of
 * row i is M d_i − d_i up to a factor, which costs n · dIn² instead of n² · dIn.
 */
function pushApart(directions: Float32Array, dIn: number): void {
  const moment = secondMoment(directions, dIn);
  // M of random unit rows has eigenvalues up to (1 + √(n / dIn))² ≤ 2 (1 + n / dIn): half a step below divergence.
  const rate = 1 / (2 * (1 + directions.length / dIn / dIn));
  const pull = new Float64Array(dIn);
  for (let start = 0; start < directions.length; start += dIn) {
    for (let a = 0; a < dIn; a++) {
      let sum = 0;
      for (let b = 0; b < dIn; b++) sum += (moment[a * dIn + b] ?? 0) * (directions[start + b] ?? 0);
      pull[a] = sum;
    }
    for (let a = 0; a < dIn; a++) {
      const value = directions[start + a] ?? 0;
      directions[start + a] = value - rate * ((pull[a] ?? 0) - value);
    }
  }
  normalizeRows(directions, dIn);
}

/**
 * Random unit directions, pushed apart in `nSteps` steps. Up to dIn directions become orthogonal; many more than dIn stay
 * nearly as they are, since random ones are nearly as far apart as the Welch bound allows.
 *
 * @returns [nLatents, dIn]
 */
export function trueDirections(options: {
  readonly nLatents: number;
  readonly dIn: number;
  readonly nSteps: number;
  readonly random: Random;
}): Float32Array {
  const { nLatents, dIn, nSteps, random } = options;
  const directions = normalizeRows(fillNormal(new Float32Array(nLatents * dIn), random), dIn);
  for (let step = 0; step < nSteps; step++) pushApart(directions, dIn);
  return directions;
}
