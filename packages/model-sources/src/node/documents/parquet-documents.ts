import type { FileSystem } from "@plumbline/core/node";
import type { Document } from "../../documents/document.ts";
import { documentTooLarge } from "../../documents/split-lines.ts";
import type { TextReading } from "../../documents/text-documents.ts";
import { decodeUtf8 } from "../../documents/utf8.ts";
import { fileError, quote } from "../../errors.ts";
import { type OpenParquet, openParquet } from "../parquet/open-parquet.ts";

type Reading = TextReading & {
  readonly field: string;
  readonly maxRowGroupBytes: number;
  readonly fileSystem: FileSystem;
};

function checkColumn({ columns, path }: OpenParquet, field: string): void {
  const element = columns.get(field)?.element;
  if (element?.type === "BYTE_ARRAY") return;
  const names = [...columns.keys()].slice(0, 20).map(quote).join(", ");
  throw fileError({
    code: element === undefined ? "missing-field" : "wrong-type",
    message: `readDocuments(): expected text in column ${quote(field)}, got ${element === undefined ? "no such column" : `type ${element.type ?? "group"}`}`,
    where: path,
    hint: `pass field: one of ${names}`,
  });
}

function textOf(value: unknown, where: string, reading: Reading): string {
  if (!(value instanceof Uint8Array)) {
    throw fileError({
      code: "wrong-type",
      message: `readDocuments(): expected text in column ${quote(reading.field)}, got ${value === null || value === undefined ? "null" : typeof value}`,
      where,
      hint: "leave such rows out when the file is written",
    });
  }
  if (value.length > reading.maxDocumentBytes) throw documentTooLarge(where, reading.maxDocumentBytes);
  return decodeUtf8(value, { ...reading, where });
}

/** Documents in a column of a Parquet file: one row group is in memory at a time. */
export async function* parquetDocuments(path: string, reading: Reading): AsyncGenerator<Document> {
  const { field, maxRowGroupBytes, fileSystem } = reading;
  const file = await openParquet(path, { from: "readDocuments()", maxRowGroupBytes, fileSystem });
  try {
    checkColumn(file, field);
    for (const { start, nRows } of file.groups) {
      const rows = await file.read([field], start, start + nRows);
      for (const [i, row] of rows.entries()) {
        const where = `${path}#${start + i}`;
        yield { text: textOf(row[field], where, reading), where };
      }
    }
  } finally {
    await file.close();
  }
}
