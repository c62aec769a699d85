import { PlumblineError, type SparseLatents } from "@plumbline/core";

/** Latents that fire on one token, ascending: the first `n` of `latents`. Filled anew for every token. */
export interface Firings {
  readonly latents: Int32Array;
  n: number;
}

/** Room for a token on which every latent fires. */
export function createFirings(dSae: number): Firings {
  return { latents: new Int32Array(dSae), n: 0 };
}

/** @throws PlumblineError `shape-mismatch`, `bad-option` */
export function checkThresholds(
  thresholds: Float32Array | undefined,
  options: { readonly dSae: number; readonly from: string },
): void {
  if (thresholds === undefined) return;
  const { dSae, from } = options;
  if (thresholds.length !== dSae) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[metrics] ${from}: expected ${dSae} thresholds, one for each latent, got ${thresholds.length}`,
    });
  }
  const bad = thresholds.findIndex((threshold) => !(threshold >= 0));
  if (bad === -1) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[metrics] ${from}: expected thresholds from 0 on, got ${thresholds[bad]} for latent ${bad}`,
    hint: "sparse latents leave zeros out, so a latent whose zeros fire cannot be counted",
  });
}

/** Writes which latents fire on token `row` into `out`: value > threshold, or value ≠ 0 without thresholds. */
export function collectFirings(
  out: Firings,
  options: {
    readonly latents: SparseLatents;
    readonly row: number;
    readonly thresholds: Float32Array | undefined;
  },
): void {
  const { row, thresholds } = options;
  const { rowStarts, indices, values } = options.latents;
  const firing = out.latents;
  const end = rowStarts[row + 1] ?? 0;
  let n = 0;
  for (let j = rowStarts[row] ?? 0; j < end; j++) {
    const latent = indices[j] ?? 0;
    const value = values[j] ?? 0;
    if (thresholds === undefined ? value !== 0 : value > (thresholds[latent] ?? 0)) firing[n++] = latent;
  }
  out.n = n;
}

/** Adds 1 to `marginals` for each latent that fires. */
export function countEach(marginals: Float64Array, firings: Firings): void {
  for (let k = 0; k < firings.n; k++) {
    const latent = firings.latents[k] ?? 0;
    marginals[latent] = (marginals[latent] ?? 0) + 1;
  }
}
