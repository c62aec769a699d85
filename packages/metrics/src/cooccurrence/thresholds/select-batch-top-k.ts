import type { SparseLatents } from "@plumbline/core";
import { checkAscending, checkLatents } from "../../values/check-latents.ts";
import { checkCount } from "../../values/check-rows.ts";
import { checkPositive } from "./check-positive.ts";

/** Positive float32 numbers are ordered as their bits are: two passes over 16 bits each find any rank without sorting. */
const halfBits = 16;

/** Of `counts` from the top, the bin in which the `rank`th lies (from 1), and how many lie above it. */
function binOfRank(counts: Uint32Array, rank: number): { bin: number; nAbove: number } {
  let nAbove = 0;
  for (let bin = counts.length - 1; bin >= 0; bin--) {
    const inBin = counts[bin] ?? 0;
    if (nAbove + inBin >= rank) return { bin, nAbove };
    nAbove += inBin;
  }
  return { bin: 0, nAbove };
}

/** Bits of the `rank`th largest value, and how many are larger. */
function bitsOfRank(bits: Uint32Array, rank: number): { limit: number; nAbove: number } {
  const high = new Uint32Array(2 ** halfBits);
  for (const word of bits) high[word >>> halfBits] = (high[word >>> halfBits] ?? 0) + 1;
  const upper = binOfRank(high, rank);
  const low = new Uint32Array(2 ** halfBits);
  const mask = 2 ** halfBits - 1;
  for (const word of bits) {
    if (word >>> halfBits === upper.bin) low[word & mask] = (low[word & mask] ?? 0) + 1;
  }
  const lower = binOfRank(low, rank - upper.nAbove);
  return { limit: upper.bin * 2 ** halfBits + lower.bin, nAbove: upper.nAbove + lower.nAbove };
}

/**
 * What BatchTopK keeps in training: the k · B largest values of a batch of B tokens, however they fall on tokens.
 *
 * Of equal values at the limit the earlier token's is kept, then the lower latent's. All are kept where there are no more
 * than k · B.
 *
 * @param positive values above 0 of the whole batch, as ReLU leaves them
 * @param k values kept a token on average, from 1
 * @returns new arrays, rows as before
 * @throws PlumblineError `bad-option`, `bad-value`, `shape-mismatch`
 * @source Bussmann, Leask & Nanda, "BatchTopK Sparse Autoencoders", 2024
 * @example
 * import { selectBatchTopK } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const kept = selectBatchTopK(sparseFromDense(Float32Array.of(3, 2, 1, 0), { nRows: 2, dSae: 2 }), 1);
 * console.log([...kept.rowStarts], [...kept.values]); // [ 0, 2, 2 ] [ 3, 2 ]
 */
export function selectBatchTopK(positive: SparseLatents, k: number): SparseLatents {
  checkCount(k, { from: "selectBatchTopK()", what: "k" });
  checkLatents(positive, positive.dSae);
  checkAscending(positive);
  checkPositive(positive, "selectBatchTopK()");
  const { nRows, dSae, rowStarts, indices, values } = positive;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const nKept = Math.min(k * nRows, values.length);
  const { limit, nAbove } = nKept === 0 ? { limit: 0, nAbove: 0 } : bitsOfRank(bits, nKept);
  let tiesLeft = nKept - nAbove;
  const kept = {
    rowStarts: new Uint32Array(nRows + 1),
    indices: new Uint32Array(nKept),
    values: new Float32Array(nKept),
  };
  let next = 0;
  for (let row = 0; row < nRows; row++) {
    const end = rowStarts[row + 1] ?? 0;
    for (let j = rowStarts[row] ?? 0; j < end; j++) {
      const word = bits[j] ?? 0;
      if (word < limit || (word === limit && tiesLeft === 0)) continue;
      if (word === limit) tiesLeft--;
      kept.indices[next] = indices[j] ?? 0;
      kept.values[next] = values[j] ?? 0;
      next++;
    }
    kept.rowStarts[row + 1] = next;
  }
  return { nRows, dSae, ...kept };
}
