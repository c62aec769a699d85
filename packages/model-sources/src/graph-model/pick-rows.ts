import { usageError } from "../errors.ts";

/** The rows to keep of a model's output, with the position of each in its sequence. */
export interface PickedRows {
  readonly nRows: number;
  /** [nRows, dIn] */
  readonly rows: Float32Array;
  /** [nRows] */
  readonly positions: Int32Array;
}

const longestOf = (lengths: readonly number[]): number =>
  lengths.reduce((longest, length) => Math.max(longest, length), 0);

/** First row of each sequence in the output, or `undefined` where its shape fits neither layout. */
function sequenceStarts(
  shape: readonly number[],
  lengths: readonly number[],
  dIn: number,
): number[] | undefined {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const longest = longestOf(lengths);
  const [batch = 0, width = 0] = shape;
  if (shape.at(-1) !== dIn) return undefined;
  if (shape.length === 3 && batch === lengths.length && width >= longest) {
    return lengths.map((_, sequence) => sequence * width);
  }
  const isConcatenated =
    (shape.length === 3 && batch === 1 && width === total) || (shape.length === 2 && batch === total);
  if (!isConcatenated) return undefined;
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return start - length;
  });
}

/**
 * Keeps the rows that belong to tokens and drops padding.
 *
 * @param values the output's values, row-major
 * @param output.shape `[batch, longest, dIn]` with `lengths.length` sequences, or all sequences one after the other as
 *   `[1, allTokens, dIn]` or `[allTokens, dIn]` with `allTokens = Σ lengths`
 * @throws PlumblineError (kind `usage`) `shape-mismatch`
 */
export function pickRows(
  values: Float32Array,
  output: { node: string; shape: readonly number[]; lengths: readonly number[]; dIn: number },
): PickedRows {
  const { node, shape, lengths, dIn } = output;
  const nRows = lengths.reduce((sum, length) => sum + length, 0);
  const starts = sequenceStarts(shape, lengths, dIn);
  if (starts === undefined) {
    const longest = longestOf(lengths);
    throw usageError({
      code: "shape-mismatch",
      message: `graphModelSource(): expected node "${node}" to give [${lengths.length}, ${longest} or more, ${dIn}], [1, ${nRows}, ${dIn}] or [${nRows}, ${dIn}], got [${shape.join(", ")}]`,
      hint: "is it the right node, are dIn and the feed's lengths right?",
    });
  }
  const rows = new Float32Array(nRows * dIn);
  const positions = new Int32Array(nRows);
  let row = 0;
  for (const [sequence, length] of lengths.entries()) {
    const from = (starts[sequence] ?? 0) * dIn;
    rows.set(values.subarray(from, from + length * dIn), row * dIn);
    for (let position = 0; position < length; position++) positions[row + position] = position;
    row += length;
  }
  return { nRows, rows, positions };
}
