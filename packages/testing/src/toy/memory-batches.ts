import { type ActivationSample, type BatchSource, createRandom, permutation } from "@plumbline/core";

/**
 * A {@link BatchSource} over rows in memory, for tests: one epoch is a random order of all rows, batches run across epochs.
 */
export function memoryBatches(options: { rows: Float32Array; dIn: number; seed: number }): BatchSource {
  const { rows, dIn, seed } = options;
  const nRows = rows.length / dIn;
  const { mean, meanSquaredNorm } = momentsOf(rows, dIn);
  return {
    dIn,
    nRows,
    statistics: { nRows, mean, meanSquaredNorm },
    async *batches({ batchSize, startStep }) {
      let epoch = -1;
      let order: Uint32Array = new Uint32Array(0);
      for (let step = startStep; ; step++) {
        const batch = new Float32Array(batchSize * dIn);
        for (let b = 0; b < batchSize; b++) {
          const at = step * batchSize + b;
          if (Math.floor(at / nRows) !== epoch) {
            epoch = Math.floor(at / nRows);
            order = permutation(nRows, createRandom(seed).stream(`epoch-${epoch}`));
          }
          const row = order[at % nRows] ?? 0;
          batch.set(rows.subarray(row * dIn, (row + 1) * dIn), b * dIn);
        }
        yield batch;
      }
    },
  };
}

function momentsOf(rows: Float32Array, dIn: number): { mean: Float32Array; meanSquaredNorm: number } {
  const nRows = rows.length / dIn;
  const sums = new Float64Array(dIn);
  let squares = 0;
  rows.forEach((value, i) => {
    sums[i % dIn] = (sums[i % dIn] ?? 0) + value;
    squares += value * value;
  });
  return { mean: Float32Array.from(sums, (sum) => sum / nRows), meanSquaredNorm: squares / nRows };
}

/** All rows as a sample to initialize from. */
export function sampleOf(rows: Float32Array, dIn: number): ActivationSample {
  return { rows, nRows: rows.length / dIn, mean: momentsOf(rows, dIn).mean };
}
