import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, fillNormal } from "@plumbline/core";
import type { Sizes } from "../protocol.ts";
import { UsageError } from "../usage-error.ts";
import { activationRows } from "./activation-rows.ts";
import { syntheticRows } from "./synthetic.ts";

/** Batches in a file; both sides go through them in the same order. */
const nBatches = 8;

/** A file of batches, and what was measured on it. */
export interface Batches {
  readonly path: string;
  readonly nBatches: number;
  /** pre-activation, over random encoder rows of norm 1, that k of dSae latents exceed */
  readonly sparseThreshold: number;
}

/** Multiplies rows so that the mean of ‖x‖² is 1, in place. */
export function scaleToUnit(rows: Float32Array, dIn: number): void {
  let sum = 0;
  for (const value of rows) sum += value * value;
  const scale = Math.sqrt(rows.length / dIn / sum);
  if (!Number.isFinite(scale)) throw new UsageError("the activations are all zero, or not finite");
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) * scale;
}

/** Where a share k / dSae of pre-activations lies above, from up to 128 rows and 256 random directions. */
export function sparseThreshold(rows: Float32Array, sizes: Sizes, seed: number): number {
  const { dIn, dSae, k } = sizes;
  const nRows = Math.min(128, rows.length / dIn);
  const nDirections = 256;
  const directions = fillNormal(new Float32Array(nDirections * dIn), createRandom(seed).stream("threshold"));
  const center = new Float64Array(dIn);
  for (let i = 0; i < nRows * dIn; i++) center[i % dIn] = (center[i % dIn] ?? 0) + (rows[i] ?? 0) / nRows;
  const values = new Float64Array(nRows * nDirections);
  for (let f = 0; f < nDirections; f++) {
    const direction = directions.subarray(f * dIn, (f + 1) * dIn);
    const norm = Math.hypot(...direction);
    for (let b = 0; b < nRows; b++) {
      let dot = 0;
      for (let j = 0; j < dIn; j++)
        dot += (direction[j] ?? 0) * ((rows[b * dIn + j] ?? 0) - (center[j] ?? 0));
      values[f * nRows + b] = dot / norm;
    }
  }
  values.sort();
  return values[Math.floor((1 - k / dSae) * (values.length - 1))] ?? 0;
}

/** Makes the file that every participant reads. */
export async function writeBatches(
  folder: string,
  options: { sizes: Sizes; seed: number; activations?: string | undefined },
): Promise<Batches> {
  const { sizes, seed, activations } = options;
  const { batchSize, dIn } = sizes;
  const shape = { nRows: nBatches * batchSize, dIn, seed };
  const rows = activations === undefined ? syntheticRows(shape) : await activationRows(activations, shape);
  const found = Math.floor(rows.length / (batchSize * dIn));
  if (found === 0) {
    throw new UsageError(`--activations: expected at least ${batchSize} rows, got ${rows.length / dIn}`);
  }
  const whole = rows.subarray(0, found * batchSize * dIn);
  scaleToUnit(whole, dIn);
  const path = join(folder, `${batchSize}x${dIn}.f32`);
  await writeFile(path, whole);
  return { path, nBatches: found, sparseThreshold: sparseThreshold(whole, sizes, seed) };
}
