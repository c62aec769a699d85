import { createHash } from "node:crypto";
import { explainFileError, type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { cleanDocuments } from "../../documents/clean-documents.ts";
import type { Document, DocumentCounts } from "../../documents/document.ts";
import { jsonLineDocuments } from "../../documents/json-line-documents.ts";
import { type TextSplit, textDocuments } from "../../documents/text-documents.ts";
import type { InvalidUtf8 } from "../../documents/utf8.ts";
import { throwIfAborted, usageError } from "../../errors.ts";
import { formatOf } from "./document-format.ts";
import { fileChunks } from "./file-chunks.ts";
import { findDatasetFiles } from "./find-dataset-files.ts";
import { parquetDocuments } from "./parquet-documents.ts";

/** How documents are read. */
export interface ReadDocumentsOptions {
  /** of a `.txt` file: all of it one document (`none`, the default), each line, or what stands between blank lines */
  readonly textSplit?: TextSplit;
  /** field of JSON lines, or column of Parquet files; `text` by default */
  readonly field?: string;
  /** part of a data set's folder; `train` by default */
  readonly split?: string;
  /** bytes that are not UTF-8: an error that names the first (the default), or U+FFFD in their place */
  readonly invalidUtf8?: InvalidUtf8;
  /** leaves out documents whose text, composed (Unicode NFC) and trimmed, was there before; about 32 bytes for each */
  readonly deduplicate?: boolean;
  /** updated while documents are read; made by `createDocumentCounts` */
  readonly counts?: DocumentCounts;
  /** a larger document is refused; 64 MiB by default. A line of JSON counts as a whole */
  readonly maxDocumentBytes?: number;
  /** a larger column of a Parquet row group is refused; 1 GiB by default, unpacked */
  readonly maxRowGroupBytes?: number;
  readonly signal?: AbortSignal;
  readonly fileSystem?: FileSystem;
}

/** The first half of a SHA-256: nobody finds two texts with the same. */
const fingerprint = (text: string): Uint8Array => createHash("sha256").update(text).digest().subarray(0, 16);

function checkOptions(options: ReadDocumentsOptions): void {
  for (const name of ["maxDocumentBytes", "maxRowGroupBytes"] as const) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw usageError({
      code: "bad-option",
      message: `readDocuments(): expected ${name} to be an integer from 1, got ${value}`,
    });
  }
}

async function filesAt(path: string, options: ReadDocumentsOptions): Promise<string[]> {
  const { split = "train", fileSystem = nodeFileSystem } = options;
  const stat = await fileSystem.stat(path).catch((error: unknown) => {
    throw explainFileError(error, "readDocuments()", path);
  });
  if (stat.isDirectory()) return findDatasetFiles(path, { split, fileSystem });
  if (stat.isFile() && formatOf(path) !== undefined) return [path];
  throw usageError({
    code: "unknown-format",
    message: "readDocuments(): expected a file of documents by its extension, or a folder",
    where: path,
    hint: "known are .txt, .jsonl, .ndjson, each also with .gz, and .parquet",
  });
}

function documentsOf(path: string, options: ReadDocumentsOptions): AsyncIterable<Document> {
  const { field = "text", invalidUtf8 = "error", maxDocumentBytes = 64 * 2 ** 20 } = options;
  const { maxRowGroupBytes = 2 ** 30, fileSystem = nodeFileSystem, textSplit = "none" } = options;
  const format = formatOf(path);
  const reading = { where: path, maxDocumentBytes, invalidUtf8 };
  if (format?.kind === "parquet") {
    return parquetDocuments(path, { ...reading, field, maxRowGroupBytes, fileSystem });
  }
  const chunks = fileChunks(path, format?.gzip === true);
  return format?.kind === "jsonl"
    ? jsonLineDocuments(chunks, { ...reading, field })
    : textDocuments(chunks, { ...reading, split: textSplit });
}

async function* allDocuments(path: string, options: ReadDocumentsOptions): AsyncGenerator<Document> {
  for (const file of await filesAt(path, options)) {
    for await (const document of documentsOf(file, options)) {
      throwIfAborted(options.signal, "readDocuments()");
      yield document;
    }
  }
}

/**
 * The documents of a file or of a data set's folder, one after the other: memory does not grow with the file.
 *
 * Files are told apart by extension: `.txt`, `.jsonl` and `.ndjson` (each also with `.gz`), `.parquet`. Of a folder, as
 * the Hugging Face Hub has them, all files of one split are read in the order of their names: `train.jsonl`,
 * `data/train-00000-of-00002.parquet`, `train/0000.parquet`; where no file names a split, all are `train`. A byte order
 * mark is dropped; documents with nothing but white space are left out and counted.
 *
 * @throws PlumblineError (kind `input`) `no-such-file`, `invalid-utf8`, `bad-json`, `missing-field`, `wrong-type`,
 *   `bad-gzip`, `bad-parquet`, `limit-exceeded`, `no-documents`, `no-such-split`, `mixed-formats`; (kind `usage`)
 *   `unknown-format`, `bad-option`; (kind `interrupted`) `interrupted`
 * @example
 * import { writeFile } from "node:fs/promises";
 * import { readDocuments } from "@plumbline/model-sources/node";
 *
 * await writeFile("texts.jsonl", '{"text": "One."}\n{"text": "Two."}\n');
 * for await (const { text, where } of readDocuments("texts.jsonl")) console.log(where, text);
 * // texts.jsonl:1 One.
 * // texts.jsonl:2 Two.
 */
export function readDocuments(path: string, options: ReadDocumentsOptions = {}): AsyncGenerator<Document> {
  const { deduplicate = false, counts } = options;
  checkOptions(options);
  return cleanDocuments(allDocuments(path, options), {
    ...(deduplicate ? { deduplicate: fingerprint } : {}),
    ...(counts === undefined ? {} : { counts }),
  });
}
