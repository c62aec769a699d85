import { type SparseLatents, shapeMismatch } from "@plumbline/core";
import { from } from "./errors.ts";

/** Dense latents on the device are kept below this many floats at a time (64 MiB). */
const maxDenseFloats = 2 ** 24;

/** Splits `nRows` rows so that each part has a dense form of bounded size. */
export function rowChunks(nRows: number, dSae: number): readonly { start: number; end: number }[] {
  const size = Math.max(1, Math.floor(maxDenseFloats / dSae));
  return Array.from({ length: Math.ceil(nRows / size) }, (_, i) => ({
    start: i * size,
    end: Math.min(nRows, (i + 1) * size),
  }));
}

/** Rows `start` … `end` of CSR latents, dense `[end − start, dSae]`. */
export function denseRows(latents: SparseLatents, start: number, end: number): Float32Array {
  const dense = new Float32Array((end - start) * latents.dSae);
  for (let row = start; row < end; row++) {
    const offset = (row - start) * latents.dSae;
    const last = latents.rowStarts[row + 1] ?? 0;
    for (let j = latents.rowStarts[row] ?? 0; j < last; j++) {
      const index = latents.indices[j] ?? 0;
      // It would land in the next row.
      if (index >= latents.dSae) {
        const expected = `indices below ${latents.dSae}`;
        throw shapeMismatch({ from, where: "decode()", expected, got: `${index}` });
      }
      dense[offset + index] = latents.values[j] ?? 0;
    }
  }
  return dense;
}

/** Puts CSR parts under one another. */
export function concatLatents(parts: readonly SparseLatents[], dSae: number): SparseLatents {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return only;
  const nRows = parts.reduce((n, part) => n + part.nRows, 0);
  const nStored = parts.reduce((n, part) => n + part.values.length, 0);
  const rowStarts = new Uint32Array(nRows + 1);
  const indices = new Uint32Array(nStored);
  const values = new Float32Array(nStored);
  let row = 0;
  let stored = 0;
  for (const part of parts) {
    for (let r = 1; r <= part.nRows; r++) rowStarts[row + r] = stored + (part.rowStarts[r] ?? 0);
    indices.set(part.indices, stored);
    values.set(part.values, stored);
    row += part.nRows;
    stored += part.values.length;
  }
  return { nRows, dSae, rowStarts, indices, values };
}
