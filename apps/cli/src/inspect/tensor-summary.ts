import type { JsonObject } from "@plumbline/core";
import { shownNumber } from "@plumbline/extract/terminal";
import type { SafetensorsReader } from "@plumbline/safetensors/node";

/** What one tensor holds. */
export interface TensorSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Euclidean norm over finite values; absent for integers */
  readonly norm?: number;
  readonly nNotFinite: number;
}

/** Values read at a time: 16 MiB as float32. */
const chunkValues = 2 ** 22;
const floats = new Set(["F16", "BF16", "F32", "F64"]);

/** Sums of squares over a float tensor, by rows, so that tensors larger than memory can be looked at. */
async function measure(file: SafetensorsReader, name: string, shape: readonly number[]) {
  let squares = 0;
  let nNotFinite = 0;
  const add = (values: Float32Array): void => {
    for (const value of values) {
      if (Number.isFinite(value)) squares += value * value;
      else nNotFinite++;
    }
  };
  const [nRows] = shape;
  if (nRows === undefined) add((await file.float32(name)).data);
  else {
    const perRow = shape.slice(1).reduce((product, size) => product * size, 1);
    const step = Math.max(1, Math.floor(chunkValues / Math.max(1, perRow)));
    for (let start = 0; start < nRows; start += step) {
      add((await file.float32Rows(name, start, Math.min(step, nRows - start))).data);
    }
  }
  return { norm: Math.sqrt(squares), nNotFinite };
}

/** Summaries of all tensors of a file, in the order of their bytes. */
export async function summarizeTensors(file: SafetensorsReader): Promise<readonly TensorSummary[]> {
  const summaries: TensorSummary[] = [];
  for (const { name, dtype, shape } of file.tensors.values()) {
    const measured = floats.has(dtype) ? await measure(file, name, shape) : { nNotFinite: 0 };
    summaries.push({ name, dtype, shape, ...measured });
  }
  return summaries;
}

/** Rows of a table of tensors. */
export function tensorRows(summaries: readonly TensorSummary[]): string[][] {
  return summaries.map(({ name, dtype, shape, norm, nNotFinite }) => [
    name,
    dtype,
    `[${shape.join(", ")}]`,
    norm === undefined ? "" : `norm ${shownNumber(norm)}`,
    nNotFinite === 0 ? "" : `${nNotFinite} not finite`,
  ]);
}

export function tensorProblems(summaries: readonly TensorSummary[]): string[] {
  return summaries
    .filter(({ nNotFinite }) => nNotFinite > 0)
    .map(({ name, nNotFinite }) => `tensor ${name} has ${nNotFinite} values that are not finite`);
}

export function tensorDetails(summaries: readonly TensorSummary[]): JsonObject {
  return { tensors: summaries.map((summary) => ({ ...summary })) };
}
