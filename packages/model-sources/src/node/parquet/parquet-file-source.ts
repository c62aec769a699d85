import { basename } from "node:path";
import type { ActivationChunk, ActivationSource } from "@plumbline/core";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { fileError, usageError } from "../../errors.ts";
import { matrixShape, type RowReader, type RowSourceOptions, rowSource } from "../../row-source.ts";
import { type OpenParquet, openParquet } from "./open-parquet.ts";
import { checkIntegerColumn, checkListColumn, copyRow, integerOf } from "./parquet-columns.ts";

/** What a Parquet file may ask of its reader before it is refused. */
export interface ParquetLimits {
  /** bytes that one column of one row group may take when unpacked; it takes two to three times as many in memory */
  readonly maxRowGroupBytes: number;
}

export const defaultParquetLimits: ParquetLimits = Object.freeze({ maxRowGroupBytes: 256 * 2 ** 20 });

/** What to read of a file, beside the options of every row source. */
export interface ParquetSourceOptions extends Omit<RowSourceOptions, "flatten"> {
  /** a column of lists of floats, all of one length */
  readonly column: string;
  /** a column of integers: the tokens that the rows belong to */
  readonly tokenIdsColumn?: string;
  /** the same for the tokens' positions in their sequences */
  readonly positionsColumn?: string;
  /** replaces some of {@link defaultParquetLimits} */
  readonly limits?: Partial<ParquetLimits>;
  readonly fileSystem?: FileSystem;
}

interface Checked {
  readonly file: OpenParquet;
  readonly dtype: string;
  readonly nRows: number;
  readonly dIn: number;
}

/** Opens the file and checks it against what is asked of it; the caller closes it. */
async function openChecked(path: string, options: ParquetSourceOptions): Promise<Checked> {
  const { column, tokenIdsColumn, positionsColumn, fileSystem = nodeFileSystem } = options;
  const { maxRowGroupBytes } = { ...defaultParquetLimits, ...options.limits };
  const from = "parquetFileSource()";
  const file = await openParquet(path, { from, maxRowGroupBytes, fileSystem });
  try {
    const dtype = checkListColumn(file, column);
    if (tokenIdsColumn !== undefined) checkIntegerColumn(file, tokenIdsColumn, "tokenIdsColumn");
    if (positionsColumn !== undefined) checkIntegerColumn(file, positionsColumn, "positionsColumn");
    const nRows = file.groups.reduce((sum, group) => sum + group.nRows, 0);
    const first = (nRows === 0 ? [] : await file.read([column], 0, 1))[0]?.[column];
    const where = `${path}, row 0`;
    if (nRows > 0) checkFirstRow(first, column, where);
    const width = nRows === 0 ? 0 : (first as ArrayLike<unknown>).length;
    return { file, dtype, ...matrixShape([nRows, width], { flatten: false, from, where }) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function checkFirstRow(first: unknown, name: string, where: string): void {
  if (Array.isArray(first) || ArrayBuffer.isView(first)) return;
  copyRow(first, new Float32Array(1), { name, where });
}

type Values = Required<Pick<ActivationChunk, "rows" | "tokenIds" | "positions">>;

/** A row group as plain arrays; of token ids and positions only what is asked for. */
async function readGroup(checked: Checked, group: number, options: ParquetSourceOptions): Promise<Values> {
  const { file, dIn } = checked;
  const { column, tokenIdsColumn, positionsColumn } = options;
  const { start, nRows } = file.groups[group] ?? { start: 0, nRows: 0 };
  const wanted = new Set([column, tokenIdsColumn, positionsColumn].filter((name) => name !== undefined));
  const found = await file.read([...wanted], start, start + nRows);
  const values: Values = {
    rows: new Float32Array(nRows * dIn),
    tokenIds: new Int32Array(tokenIdsColumn === undefined ? 0 : nRows),
    positions: new Int32Array(positionsColumn === undefined ? 0 : nRows),
  };
  if (found.length !== nRows) {
    throw fileError({
      code: "bad-parquet",
      message: `parquetFileSource(): expected ${nRows} rows in row group ${group}, got ${found.length}`,
      where: file.path,
      hint: "the file is damaged",
    });
  }
  for (const [i, row] of found.entries()) {
    const where = `${file.path}, row ${start + i}`;
    copyRow(row[column], values.rows.subarray(i * dIn, (i + 1) * dIn), { name: column, where });
    if (tokenIdsColumn !== undefined) {
      values.tokenIds[i] = integerOf(row[tokenIdsColumn], { name: tokenIdsColumn, where });
    }
    if (positionsColumn !== undefined) {
      values.positions[i] = integerOf(row[positionsColumn], { name: positionsColumn, where });
    }
  }
  return values;
}

/** Chunks of rows across the borders of row groups, one of which is in memory. */
function rowReader(checked: Checked, options: ParquetSourceOptions): RowReader {
  const { file, dIn } = checked;
  let current: { readonly index: number; readonly values: Values } | undefined;
  return {
    read: async (start, count) => {
      const rows = new Float32Array(count * dIn);
      const tokenIds = new Int32Array(count);
      const positions = new Int32Array(count);
      for (const [index, group] of file.groups.entries()) {
        const first = Math.max(start, group.start);
        const end = Math.min(start + count, group.start + group.nRows);
        if (first >= end) continue;
        if (current?.index !== index) {
          // Let go before the next one is read.
          current = undefined;
          current = { index, values: await readGroup(checked, index, options) };
        }
        const { values } = current;
        const [a, b] = [first - group.start, end - group.start];
        rows.set(values.rows.subarray(a * dIn, b * dIn), (first - start) * dIn);
        tokenIds.set(values.tokenIds.subarray(a, b), first - start);
        positions.set(values.positions.subarray(a, b), first - start);
      }
      return {
        nRows: count,
        rows,
        ...(options.tokenIdsColumn === undefined ? {} : { tokenIds }),
        ...(options.positionsColumn === undefined ? {} : { positions }),
      };
    },
    close: () => file.close(),
  };
}

function checkLimits({ limits }: ParquetSourceOptions): void {
  const value = limits?.maxRowGroupBytes;
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return;
  throw usageError({
    code: "bad-option",
    message: `parquetFileSource(): expected maxRowGroupBytes to be an integer from 1, got ${value}`,
  });
}

/**
 * The rows in a column of a Parquet file that holds lists of floats, one list a row. One row group is in memory at a time.
 * Float16 is widened exactly, float64 is rounded to float32. The width is that of the first row.
 *
 * @throws PlumblineError (kind `input`) `unknown-column`, `unsupported-dtype`, `not-a-matrix`, `bad-row` for nulls and
 *   rows of another width, naming the row, `bad-parquet`, `limit-exceeded`, `no-such-file`, `not-a-file`; (kind `usage`)
 *   `bad-option`; while reading, `file-changed`
 * @example
 * import { PlumblineError } from "@plumbline/core";
 * import { parquetFileSource } from "@plumbline/model-sources/node";
 *
 * const error = await parquetFileSource("none.parquet", { column: "x" }).catch((reason) => reason);
 * console.log(PlumblineError.isInstance(error), error.code); // true no-such-file
 */
export async function parquetFileSource(
  path: string,
  options: ParquetSourceOptions,
): Promise<ActivationSource> {
  checkLimits(options);
  const { file: first, dtype, nRows, dIn } = await openChecked(path, options);
  await first.close();
  return rowSource({
    name: "parquet",
    nRows,
    dIn,
    options,
    provenance: { format: "parquet", file: basename(path), column: options.column, dtype },
    open: async () => {
      const again = await openChecked(path, options);
      if (again.dtype !== dtype || again.nRows !== nRows || again.dIn !== dIn) {
        await again.file.close();
        throw fileError({
          code: "file-changed",
          message: `chunks(): expected ${nRows} rows of ${dIn} as before, got ${again.nRows} of ${again.dIn}`,
          where: path,
          hint: "make the source again",
        });
      }
      return rowReader(again, options);
    },
  });
}
