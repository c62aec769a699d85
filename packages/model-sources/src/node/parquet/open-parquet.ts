import type { FileHandle } from "node:fs/promises";
import { PlumblineError } from "@plumbline/core";
import { explainFileError, type FileSystem } from "@plumbline/core/node";
import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import { fileError, quote } from "../../errors.ts";
import { readFully } from "../read-fully.ts";

/** A Parquet file whose footer has been read. */
export interface OpenParquet {
  readonly path: string;
  /** top-level columns by name */
  readonly columns: ReadonlyMap<string, SchemaTree>;
  /** first row and number of rows of each row group */
  readonly groups: readonly { readonly start: number; readonly nRows: number }[];
  /** Values of columns in rows `start` up to `end`, which is read from whole row groups. */
  read(columns: readonly string[], start: number, end: number): Promise<Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export interface ParquetOptions {
  /** `function()` for messages */
  readonly from: string;
  /** bytes that one column of one row group may take when unpacked */
  readonly maxRowGroupBytes: number;
  readonly fileSystem: FileSystem;
}

function badParquet(from: string, path: string, cause: unknown): PlumblineError {
  if (PlumblineError.isInstance(cause)) return cause;
  return fileError({
    code: "bad-parquet",
    message: `${from}: not a Parquet file that can be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    where: path,
    hint: "the file is damaged, cut short or of another kind",
    cause,
  });
}

/** The footer, and small columns, which the reader fetches together. */
const slackBytes = 64 * 2 ** 20;

function bufferOf(file: FileHandle, byteLength: number, path: string, maxBytes: number): AsyncBuffer {
  const slice = async (start: number, end: number): Promise<ArrayBuffer> => {
    const from = start < 0 ? byteLength + start : start;
    // Offsets come from the file: a wrong one must not become a wish for memory.
    if (!(from >= 0 && end >= from && end <= byteLength && end - from <= maxBytes)) {
      throw new RangeError(`bytes ${from} to ${end} are asked for, of ${byteLength}`);
    }
    const bytes = new Uint8Array(end - from);
    await readFully(file, bytes, from, path);
    return bytes.buffer;
  };
  return {
    byteLength,
    slice: (start, end = byteLength) => {
      const bytes = slice(start, end);
      // The reader asks for several pieces and gives up at the first that fails; nobody waits for the others then, and
      // a rejection that nobody waits for ends the process.
      bytes.catch(() => undefined);
      return bytes;
    },
  };
}

function groupsOf(metadata: FileMetaData): { start: number; nRows: number }[] {
  let total = 0;
  return metadata.row_groups.map((group) => {
    const start = total;
    const nRows = Number(group.num_rows);
    total += nRows;
    if (nRows >= 0 && Number.isSafeInteger(total)) return { start, nRows };
    throw new RangeError("a row group has no proper number of rows");
  });
}

/** Refuses a row group whose wanted columns would not fit into memory; a value counts 4 bytes at least. */
function checkGroup(
  metadata: FileMetaData,
  wanted: { readonly columns: readonly string[]; readonly group: number; readonly where: string },
  options: ParquetOptions,
): void {
  const { columns, group, where } = wanted;
  for (const { meta_data } of metadata.row_groups[group]?.columns ?? []) {
    const name = meta_data?.path_in_schema[0];
    if (meta_data === undefined || name === undefined || !columns.includes(name)) continue;
    // Repeated values take no room in the file, but they do in memory.
    const bytes = Math.max(Number(meta_data.total_uncompressed_size), 4 * Number(meta_data.num_values));
    if (bytes >= 0 && bytes <= options.maxRowGroupBytes) continue;
    throw fileError({
      code: "limit-exceeded",
      message: `${options.from}: expected at most ${options.maxRowGroupBytes} bytes of ${quote(name)} in a row group, got ${bytes}`,
      where,
      hint: "write the file with smaller row groups (row_group_size in pyarrow), or raise maxRowGroupBytes",
    });
  }
}

async function openFile(path: string, { from, fileSystem }: ParquetOptions): Promise<FileHandle> {
  try {
    // Looked at before it is opened: opening a named pipe would wait for a writer.
    if ((await fileSystem.stat(path)).isFile()) return await fileSystem.open(path, "r");
  } catch (error) {
    throw explainFileError(error, from, path);
  }
  throw fileError({
    code: "not-a-file",
    message: `${from}: expected a file, got a folder or a device`,
    where: path,
    hint: "check the path",
  });
}

/**
 * Opens a Parquet file and reads its footer; the caller closes it.
 *
 * @throws PlumblineError (kind `input`) `bad-parquet`, `no-such-file`, `not-a-file`; `read` also `limit-exceeded`
 */
export async function openParquet(path: string, options: ParquetOptions): Promise<OpenParquet> {
  const { from, maxRowGroupBytes } = options;
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = await openFile(path, options);
  try {
    const buffer = bufferOf(file, (await file.stat()).size, path, 3 * maxRowGroupBytes + slackBytes);
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    const groups = groupsOf(metadata);
    return {
      path,
      columns: new Map(parquetSchema(metadata).children.map((child) => [child.element.name, child])),
      groups,
      read: async (columns, start, end) => {
        for (const [group, { start: first, nRows }] of groups.entries()) {
          const where = `${path}, row group ${group}`;
          if (first < end && first + nRows > start) checkGroup(metadata, { columns, group, where }, options);
        }
        try {
          return await parquetReadObjects({
            file: buffer,
            metadata,
            columns: [...columns],
            rowStart: start,
            rowEnd: end,
            compressors,
            geoparquet: false,
            // Left to the caller, for whom a byte that does not fit is an error and not a replacement character.
            parsers: { stringFromBytes: (bytes: Uint8Array) => bytes },
          });
        } catch (cause) {
          throw badParquet(from, path, cause);
        }
      },
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw badParquet(from, path, cause);
  }
}
