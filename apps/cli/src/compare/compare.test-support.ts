import { join } from "node:path";
import { createActivationMemory } from "@plumbline/activation-store";
import { writeActivationStore } from "@plumbline/activation-store/node";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { createRandom, fillNormal, type InferenceForm } from "@plumbline/core";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";

export const dIn = 8;

/** What `held-out` holds: more than the 4096 tokens of one batch. */
export const heldOutRows: Float32Array = fillNormal(new Float32Array(5000 * dIn), createRandom(5));

/** A folder with `held-out`, and `run-a` and `run-b` of different sizes and seeds. */
export async function twoRuns(): Promise<string> {
  const folder = await workshop({ dIn });
  await writeActivationStore(join(folder, "held-out"), createActivationMemory({ dIn, rows: heldOutRows }));
  for (const [out, dSae, seed] of [
    ["run-a", 40, 0],
    ["run-b", 32, 1],
  ] as const) {
    const architecture = { name: "topk", k: 2, dSae };
    const trainer = { nSteps: 40, batchSize: 8 };
    const checkpoints = { everySteps: 40 };
    const config = await writeConfig(folder, { architecture, trainer, seed, out, checkpoints });
    await plumbline(folder, ["train", config]);
  }
  return folder;
}

/** The checkpoint of one of {@link twoRuns}. */
export function checkpointOf(folder: string, run: string): string {
  return join(folder, run, "checkpoints", "step-00000040");
}

/** What an SAE makes of rows. */
export interface Encoded {
  /** for each latent, on each token 1 where it fires and 0 where not */
  readonly fired: readonly Uint8Array[];
  /** [nTokens, dIn] */
  readonly xHat: Float32Array;
}

/** Encodes and decodes all rows at once. */
export async function encodeAll(form: InferenceForm, rows: Float32Array): Promise<Encoded> {
  const inference = await tfjsCpuBackend.openInference(form);
  const latents = await inference.encode(rows);
  const xHat = await inference.decode(latents);
  inference.dispose();
  const fired = Array.from({ length: form.dSae }, () => new Uint8Array(latents.nRows));
  for (let row = 0; row < latents.nRows; row++) {
    for (let j = latents.rowStarts[row] ?? 0; j < (latents.rowStarts[row + 1] ?? 0); j++) {
      if (latents.values[j] !== 0) (fired[latents.indices[j] ?? 0] ?? [])[row] = 1;
    }
  }
  return { fired, xHat };
}

/** Pearson's correlation from deviations, which φ is of two rows of 0 and 1; 0 where a row does not vary. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  let [meanX, meanY] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanX += (x[i] ?? 0) / n;
    meanY += (y[i] ?? 0) / n;
  }
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [(x[i] ?? 0) - meanX, (y[i] ?? 0) - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx * yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** Σ‖x − xHat‖² / Σ‖x − mean‖², column by column. */
export function unexplainedOf(x: Float32Array, xHat: Float32Array, dIn: number): number {
  const nTokens = x.length / dIn;
  let [error, deviation] = [0, 0];
  for (let column = 0; column < dIn; column++) {
    let mean = 0;
    for (let token = 0; token < nTokens; token++) mean += (x[token * dIn + column] ?? 0) / nTokens;
    for (let token = 0; token < nTokens; token++) {
      const at = token * dIn + column;
      error += ((x[at] ?? 0) - (xHat[at] ?? 0)) ** 2;
      deviation += ((x[at] ?? 0) - mean) ** 2;
    }
  }
  return error / deviation;
}
