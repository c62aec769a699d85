import { rowsOf, type SaeShape, type SparseLatents, shapeMismatch, sparseFromDense } from "@plumbline/core";
import { type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { concatLatents, denseRows, rowChunks } from "./batches.ts";
import { from } from "./errors.ts";
import { runOn } from "./run-on.ts";

/** The two halves of an SAE on the active backend, on bounded batches. */
export interface TensorSae extends SaeShape {
  readonly backendName: string;
  /** [B, D] to dense [B, F] */
  readonly encode: (x_BD: Tensor2D) => Tensor2D;
  /** dense [B, F] to [B, D] */
  readonly decode: (latents_BF: Tensor2D) => Tensor2D;
}

async function readBack(sae: TensorSae, work: () => Tensor2D): Promise<Float32Array> {
  const result = runOn(sae.backendName, () => tidy(work));
  const data = await result.data();
  const copy = new Float32Array(data);
  result.dispose();
  return copy;
}

/** Encodes rows of a plain array, part by part, so that memory does not grow with the batch. */
export async function encodeRows(sae: TensorSae, batch: Float32Array): Promise<SparseLatents> {
  const { dIn, dSae } = sae;
  const nRows = rowsOf(batch, dIn, { from, where: "encode()" });
  const parts: SparseLatents[] = [];
  for (const { start, end } of rowChunks(nRows, dSae)) {
    const rows = batch.subarray(start * dIn, end * dIn);
    const dense = await readBack(sae, () => sae.encode(tensor2d(rows, [end - start, dIn])));
    parts.push(sparseFromDense(dense, { nRows: end - start, dSae }));
  }
  return concatLatents(parts, dSae);
}

/** Decodes CSR latents, part by part. */
export async function decodeRows(sae: TensorSae, latents: SparseLatents): Promise<Float32Array> {
  const { dIn, dSae } = sae;
  if (latents.dSae !== dSae) {
    const expected = `latents of dSae ${dSae}`;
    throw shapeMismatch({ from, where: "decode()", expected, got: `${latents.dSae}` });
  }
  const xHat = new Float32Array(latents.nRows * dIn);
  for (const { start, end } of rowChunks(latents.nRows, dSae)) {
    const dense = denseRows(latents, start, end);
    xHat.set(await readBack(sae, () => sae.decode(tensor2d(dense, [end - start, dSae]))), start * dIn);
  }
  return xHat;
}
