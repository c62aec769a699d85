import type { ActivationSample, Random } from "@plumbline/core";

/** Enough rows for a mean or a geometric median; a few megabytes at common widths. */
const maxRows = 4096;

/** The part of a store that a sample is drawn from. */
export interface SampledStore {
  readonly dIn: number;
  readonly nRows: number;
  readonly statistics: { readonly mean: Float32Array };
  readRows(indices: Uint32Array, out: Float32Array): Promise<void>;
}

/** `wanted` different numbers below `limit`, ascending: front to back is how a store is read fastest. */
function drawIndices(limit: number, wanted: number, random: Random): Uint32Array {
  if (wanted >= limit) return Uint32Array.from({ length: limit }, (_, row) => row);
  const drawn = new Set<number>();
  while (drawn.size < wanted) drawn.add(random.integer(limit));
  return Uint32Array.from(drawn).sort();
}

/**
 * Rows to initialize from: up to 4096, drawn without repetition, and the exact mean of all rows, both times `inputScale`.
 *
 * @param random the stream `init`; its child `rows` is drawn from
 */
export async function sampleRows(
  store: SampledStore,
  options: { random: Random; inputScale: number },
): Promise<ActivationSample> {
  const { random, inputScale } = options;
  const nRows = Math.min(maxRows, store.nRows);
  const indices = drawIndices(store.nRows, nRows, random.stream("rows"));
  const rows = new Float32Array(nRows * store.dIn);
  await store.readRows(indices, rows);
  return scaledSample(rows, { batches: store, inputScale });
}

/** Rows and the mean of all, times `inputScale`. */
export function scaledSample(
  rows: Float32Array,
  options: {
    readonly batches: { readonly dIn: number; readonly statistics: { readonly mean: Float32Array } };
    readonly inputScale: number;
  },
): ActivationSample {
  const { batches, inputScale } = options;
  const scaled = (values: Float32Array): Float32Array => values.map((value) => value * inputScale);
  return {
    nRows: rows.length / batches.dIn,
    rows: scaled(rows),
    mean: scaled(batches.statistics.mean),
  };
}
