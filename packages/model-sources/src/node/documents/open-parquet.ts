import type { FileHandle } from "node:fs/promises";
import { PlumblineError } from "@plumbline/core";
import { explainFileError, type FileSystem } from "@plumbline/core/node";
import type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
import { fileError, quote } from "../../errors.ts";
import { readFully } from "../read-fully.ts";

/** A Parquet file whose footer has been read. */
export interface OpenParquet {
  readonly path: string;
  readonly metadata: FileMetaData;
  /** top-level columns by name */
  readonly columns: ReadonlyMap<string, SchemaElement>;
  /** first row and number of rows of each row group */
  readonly groups: readonly { readonly start: number; readonly nRows: number }[];
  /** Values of columns in rows `start` up to `end`. */
  read(columns: readonly string[], start: number, end: number): Promise<Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export interface ParquetOptions {
  /** `function()` for messages */
  readonly from: string;
  /** uncompressed bytes that one column of one row group may take */
  readonly maxRowGroupBytes: number;
  readonly fileSystem: FileSystem;
}

function badParquet(from: string, path: string, cause: unknown): Error {
  return fileError({
    code: "bad-parquet",
    message: `${from}: not a Parquet file that can be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    where: path,
    hint: "the file is damaged, cut short or of another kind",
    cause,
  });
}

function bufferOf(file: FileHandle, byteLength: number, path: string): AsyncBuffer {
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const from = start < 0 ? byteLength + start : start;
    // Offsets come from the file: a wrong one must not become a wish for memory.
    if (!(from >= 0 && end >= from && end <= byteLength)) {
      throw new RangeError(`bytes ${from} to ${end} of a file of ${byteLength}`);
    }
    const bytes = new Uint8Array(end - from);
    await readFully(file, bytes, from, path);
    return bytes.buffer;
  };
  return {
    byteLength,
    slice: (start, end = byteLength) => {
      const reading = read(start, end);
      // The library reads ahead; a failure that it comes to later must not count as unhandled until then.
      reading.catch(() => undefined);
      return reading;
    },
  };
}

/** The children of the schema's root, which a Parquet file lists depth first. */
function topLevel(schema: readonly SchemaElement[]): Map<string, SchemaElement> {
  const columns = new Map<string, SchemaElement>();
  const skip = (index: number): number => {
    let next = index + 1;
    for (let child = schema[index]?.num_children ?? 0; child > 0 && next < schema.length; child--) {
      next = skip(next);
    }
    return next;
  };
  for (let index = 1; index < schema.length; index = skip(index)) {
    const element = schema[index];
    // A damaged file may leave the name out, whatever the type says.
    if (typeof element?.name === "string") columns.set(element.name, element);
  }
  return columns;
}

/** Refuses row groups whose wanted columns would not fit into memory. */
function checkGroup(
  metadata: FileMetaData,
  wanted: { columns: readonly string[]; start: number; path: string },
  options: ParquetOptions,
): void {
  let first = 0;
  for (const group of metadata.row_groups) {
    if (first === wanted.start) {
      for (const { meta_data } of group.columns) {
        const name = meta_data?.path_in_schema[0];
        const bytes = Number(meta_data?.total_uncompressed_size ?? 0);
        if (name === undefined || !wanted.columns.includes(name) || bytes <= options.maxRowGroupBytes)
          continue;
        throw fileError({
          code: "limit-exceeded",
          message: `${options.from}: expected at most ${options.maxRowGroupBytes} bytes of ${quote(name)} in a row group, got ${bytes}`,
          where: `${wanted.path}#${first}`,
          hint: "write the file with smaller row groups, or raise maxRowGroupBytes",
        });
      }
    }
    first += Number(group.num_rows);
  }
}

/**
 * Opens a Parquet file and reads its footer; the caller closes it.
 *
 * @throws PlumblineError (kind `input`) `bad-parquet`, `no-such-file`, `not-a-file`
 */
export async function openParquet(path: string, options: ParquetOptions): Promise<OpenParquet> {
  const { from, fileSystem } = options;
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  let file: FileHandle;
  try {
    file = await fileSystem.open(path, "r");
  } catch (error) {
    throw explainFileError(error, from, path);
  }
  try {
    const buffer = bufferOf(file, (await file.stat()).size, path);
    const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
    const groups: { start: number; nRows: number }[] = [];
    let nRows = 0;
    for (const group of metadata.row_groups) {
      groups.push({ start: nRows, nRows: Number(group.num_rows) });
      nRows += Number(group.num_rows);
    }
    if (!Number.isSafeInteger(nRows) || groups.some((group) => group.nRows < 0)) {
      throw new RangeError("a row group has no proper number of rows");
    }
    return {
      path,
      metadata,
      columns: topLevel(metadata.schema),
      groups,
      read: async (columns, start, end) => {
        try {
          checkGroup(metadata, { columns, start, path }, options);
          return await parquetReadObjects({
            file: buffer,
            metadata,
            columns: [...columns],
            rowStart: start,
            rowEnd: end,
            compressors,
            // Text is decoded by us, so that a byte that does not fit is an error and not a replacement character.
            parsers: { stringFromBytes: (bytes: Uint8Array) => bytes },
          });
        } catch (cause) {
          throw PlumblineError.isInstance(cause) ? cause : badParquet(from, path, cause);
        }
      },
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw badParquet(from, path, cause);
  }
}
