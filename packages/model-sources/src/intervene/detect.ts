import type { SaeInference, SparseLatents } from "@plumbline/core";

/** One latent that fires on a token. */
export interface Detection {
  readonly latent: number;
  readonly value: number;
}

/** Which latents are looked for. */
export interface DetectorOptions {
  /** thresholds by latent: it is reported where its value is above; left out, every latent above `threshold` */
  readonly latents?: ReadonlyMap<number, number>;
  /** for latents without one of their own; 0 by default: whatever fires */
  readonly threshold?: number;
  /** strongest of each token at most; all by default */
  readonly top?: number;
}

/** Firing latents of one row, the strongest first. */
function ofRow(latents: SparseLatents, row: number, options: DetectorOptions): Detection[] {
  const { latents: wanted, threshold = 0, top = Number.POSITIVE_INFINITY } = options;
  const found: Detection[] = [];
  const end = latents.rowStarts[row + 1] ?? 0;
  for (let i = latents.rowStarts[row] ?? 0; i < end; i++) {
    const latent = latents.indices[i] ?? 0;
    const value = latents.values[i] ?? 0;
    const least = wanted === undefined ? threshold : wanted.get(latent);
    if (least !== undefined && value > least) found.push({ latent, value });
  }
  found.sort((a, b) => b.value - a.value || a.latent - b.latent);
  return found.slice(0, top);
}

/**
 * Latents as detectors: which fire on each row of activations, and how strongly.
 *
 * @param rows [nRows, dIn]
 * @returns a list for each row
 */
export async function detectLatents(
  rows: Float32Array,
  inference: SaeInference,
  options: DetectorOptions = {},
): Promise<readonly (readonly Detection[])[]> {
  const latents = await inference.encode(rows);
  return Array.from({ length: latents.nRows }, (_, row) => ofRow(latents, row, options));
}
