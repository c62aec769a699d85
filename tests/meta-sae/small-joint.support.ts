import { topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import {
  createRandom,
  type EngineOptions,
  type SaeEngine,
  type StepControls,
  sparseFromDense,
} from "@plumbline/core";
import { sampleOf, toySuperposition } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";

export const dIn = 12;
export const dSae = 24;
const toy = toySuperposition({ dIn, nLatents: 20, nRows: 64, l0: 3, seed: 5 });

/** Rows `[16, dIn]` of a step. */
export function batchOf(step: number): Float32Array {
  const start = ((step * 16) % 48) * dIn;
  return toy.rows.slice(start, start + 16 * dIn);
}

export const engineOptions = (seed = 1): Omit<EngineOptions<Tensor>, "architecture"> => ({
  dIn,
  dSae,
  random: createRandom(seed),
  sample: sampleOf(toy.rows, dIn),
});

export const controls: StepControls = { lr: 3e-3, scalars: {}, wantStats: true };

/** A primary with free rows, on which a gradient is what it is. */
export const primary = (): Promise<SaeEngine> =>
  tfjsCpuBackend.createEngine({ ...engineOptions(), architecture: topK({ k: 3, decoderRows: "free" }) });

/** A meta SAE that rebuilds every row by a rule, and counts what it is asked. */
export function fakeMeta(rebuild: (rows: Float32Array) => Float32Array): {
  readonly engine: SaeEngine;
  /** rows of each step */
  readonly asked: Float32Array[];
  /** learning rate of each step */
  readonly rates: number[];
} {
  const asked: Float32Array[] = [];
  const rates: number[] = [];
  let seen = new Float32Array(0);
  const engine: SaeEngine = {
    dIn,
    dSae: 1,
    step: async (rows, { lr }) => {
      asked.push(rows);
      rates.push(lr);
      return undefined;
    },
    encode: async (rows) => {
      seen = Float32Array.from(rows);
      return sparseFromDense(new Float32Array(rows.length / dIn).fill(1), {
        nRows: rows.length / dIn,
        dSae: 1,
      });
    },
    decode: async () => rebuild(seen),
    inference: () => Promise.reject(new Error("not asked for")),
    decoderRows: () => Promise.reject(new Error("not asked for")),
    exportState: () => Promise.reject(new Error("not asked for")),
    importState: () => Promise.reject(new Error("not asked for")),
    dispose: () => undefined,
  };
  return { engine, asked, rates };
}
