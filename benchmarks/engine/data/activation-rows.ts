import { open, stat } from "node:fs/promises";
import { createRandom, permutation } from "@plumbline/core";
import { UsageError } from "../usage-error.ts";

/**
 * Rows from a raw float32 file, little-endian, in an order that the seed decides.
 *
 * @returns [nRows, dIn], all of the file's rows where it has fewer
 */
export async function activationRows(
  path: string,
  shape: { nRows: number; dIn: number; seed: number },
): Promise<Float32Array> {
  const { dIn, seed } = shape;
  const rowBytes = 4 * dIn;
  const { size } = await stat(path);
  if (size === 0 || size % rowBytes !== 0) {
    throw new UsageError(
      `--activations: expected rows of ${dIn} float32 numbers, got a file of ${size} bytes`,
    );
  }
  const order = permutation(size / rowBytes, createRandom(seed).stream("order"));
  const rows = new Float32Array(Math.min(shape.nRows, order.length) * dIn);
  const bytes = new Uint8Array(rows.buffer);
  const file = await open(path);
  try {
    for (let b = 0; b < rows.length / dIn; b++) {
      await file.read(bytes, b * rowBytes, rowBytes, (order[b] ?? 0) * rowBytes);
    }
  } finally {
    await file.close();
  }
  return rows;
}
