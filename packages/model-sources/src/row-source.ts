import { type ActivationChunk, type ActivationSource, activationSourceSpecVersion } from "@plumbline/core";
import { fileError, throwIfAborted, usageError } from "./errors.ts";

/** What may be said of the rows of a file or array. */
export interface RowSourceOptions {
  /** where in the model the rows come from, as `blocks.0.hook_resid_post` */
  readonly hookPoint?: string;
  /** goes into the manifest of a store made from the source */
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
  /** takes an array of three or more axes too: all but the last become rows, in storage order */
  readonly flatten?: boolean;
  /** rows in one chunk; by default as many as take 4 MiB as float32, at least 1 */
  readonly rowsPerChunk?: number;
}

/** Rows of an open file. */
export interface RowReader {
  read(start: number, count: number): Promise<ActivationChunk>;
  close(): Promise<void>;
}

/**
 * Number and width of the rows of an array.
 *
 * @throws PlumblineError (kind `input`) `not-a-matrix` for fewer or, without `flatten`, more than two axes, or no values
 */
export function matrixShape(
  shape: readonly number[],
  context: { flatten: boolean; from: string; where: string },
): { nRows: number; dIn: number } {
  const { flatten, from, where } = context;
  const text = `[${shape.join(", ")}]`;
  const refuse = (expected: string, hint: string): never => {
    throw fileError({
      code: "not-a-matrix",
      message: `${from}: expected ${expected}, got shape ${text}`,
      where,
      hint,
    });
  };
  if (shape.length < 2) refuse("rows of activations [nRows, dIn]", "save one row per token");
  if (shape.length > 2 && !flatten) {
    refuse("two axes [nRows, dIn]", "pass flatten: true to take all axes but the last as rows");
  }
  const nRows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const dIn = shape.at(-1) ?? 0;
  if (nRows === 0 || dIn === 0) refuse("at least one value", "is this the right array?");
  return { nRows, dIn };
}

/** A float32 chunk of this many values takes 4 MiB. */
const valuesPerChunk = 2 ** 20;

/** An {@link ActivationSource} over rows that can be opened again and again. */
export function rowSource(definition: {
  name: string;
  nRows: number;
  dIn: number;
  options: RowSourceOptions;
  provenance: Readonly<Record<string, string | number | boolean>>;
  open: () => Promise<RowReader>;
}): ActivationSource {
  const { name, nRows, dIn, options, open } = definition;
  const rowsPerChunk = options.rowsPerChunk ?? Math.max(1, Math.floor(valuesPerChunk / dIn));
  if (!Number.isSafeInteger(rowsPerChunk) || rowsPerChunk < 1) {
    throw usageError({
      code: "bad-option",
      message: `${name}(): expected rowsPerChunk to be an integer from 1, got ${rowsPerChunk}`,
    });
  }
  async function* chunks(reading: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ActivationChunk> {
    const { signal } = reading;
    throwIfAborted(signal, "chunks()");
    const reader = await open();
    try {
      for (let start = 0; start < nRows; start += rowsPerChunk) {
        throwIfAborted(signal, "chunks()");
        yield await reader.read(start, Math.min(rowsPerChunk, nRows - start));
      }
    } finally {
      await reader.close();
    }
  }
  return Object.freeze({
    specVersion: activationSourceSpecVersion,
    name,
    dIn,
    nRows,
    ...(options.hookPoint === undefined ? {} : { hookPoint: options.hookPoint }),
    provenance: Object.freeze({ ...definition.provenance, ...options.provenance }),
    chunks,
  });
}
