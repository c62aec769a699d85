import { fileError, quote } from "../errors.ts";
import type { Document } from "./document.ts";
import { splitLines } from "./split-lines.ts";
import type { TextReading } from "./text-documents.ts";
import { decodeUtf8 } from "./utf8.ts";

/** What a value of JSON is, in a reader's words. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}

function parseLine(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw fileError({
      code: "bad-json",
      message: `readDocuments(): not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      where,
      hint: "write one JSON object on each line",
      cause,
    });
  }
}

/** The text in one line of JSON. @throws PlumblineError (kind `input`) `bad-json`, `missing-field`, `wrong-type` */
export function textOfJsonLine(json: string, options: { field: string; where: string }): string {
  const { field, where } = options;
  const value = parseLine(json, where);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw fileError({
      code: "wrong-type",
      message: `readDocuments(): expected a JSON object, got ${kindOf(value)}`,
      where,
      hint: "write one JSON object on each line",
    });
  }
  const text: unknown = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof text === "string") return text;
  const fields = Object.keys(value).slice(0, 20).map(quote).join(", ");
  throw fileError({
    code: text === undefined ? "missing-field" : "wrong-type",
    message: `readDocuments(): expected text in field ${quote(field)}, got ${text === undefined ? "no such field" : kindOf(text)}`,
    where,
    hint: fields === "" ? "the object has no fields" : `pass field: one of ${fields}`,
  });
}

/** Documents of a file with one JSON object a line; blank lines are passed over. */
export async function* jsonLineDocuments(
  chunks: AsyncIterable<Uint8Array>,
  reading: TextReading & { readonly field: string },
): AsyncGenerator<Document> {
  const { where: file, maxDocumentBytes, field } = reading;
  for await (const { bytes, line, offset } of splitLines(chunks, {
    where: file,
    maxBytes: maxDocumentBytes,
  })) {
    const where = `${file}:${line}`;
    const json = decodeUtf8(bytes, { ...reading, where, offset });
    if (json.trim() !== "") yield { text: textOfJsonLine(json, { field, where }), where };
  }
}
