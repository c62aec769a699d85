import type { Document } from "./document.ts";
import { type ByteLine, collectBytes, documentTooLarge, splitLines } from "./split-lines.ts";
import { decodeUtf8, type InvalidUtf8 } from "./utf8.ts";

/** How a text file is cut into documents. */
export type TextSplit = "none" | "lines" | "blank-lines";

export interface TextReading {
  /** name of the file, for {@link Document.where} and messages */
  readonly where: string;
  readonly maxDocumentBytes: number;
  readonly invalidUtf8: InvalidUtf8;
}

const isBlank = ({ bytes }: ByteLine): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09);

/** Documents between lines with nothing but blanks; lines keep their breaks. */
async function* paragraphs(lines: AsyncIterable<ByteLine>, reading: TextReading): AsyncGenerator<Document> {
  const { where, maxDocumentBytes } = reading;
  let texts: string[] = [];
  let firstLine = 0;
  let length = 0;
  for await (const line of lines) {
    if (isBlank(line)) {
      if (texts.length > 0) yield { text: texts.join("\n"), where: `${where}:${firstLine}` };
      texts = [];
      length = 0;
      continue;
    }
    if (texts.length === 0) firstLine = line.line;
    length += line.bytes.length + (texts.length === 0 ? 0 : 1);
    if (length > maxDocumentBytes) throw documentTooLarge(`${where}:${firstLine}`, maxDocumentBytes);
    texts.push(decodeUtf8(line.bytes, { ...reading, offset: line.offset }));
  }
  if (texts.length > 0) yield { text: texts.join("\n"), where: `${where}:${firstLine}` };
}

/** Documents of a text file that arrives in pieces; empty ones too. */
export async function* textDocuments(
  chunks: AsyncIterable<Uint8Array>,
  reading: TextReading & { readonly split: TextSplit },
): AsyncGenerator<Document> {
  const { where, maxDocumentBytes, split } = reading;
  const limit = { where, maxBytes: maxDocumentBytes };
  if (split === "none") {
    const { bytes, offset } = await collectBytes(chunks, limit);
    yield { text: decodeUtf8(bytes, { ...reading, offset }), where };
    return;
  }
  const lines = splitLines(chunks, limit);
  if (split === "blank-lines") {
    yield* paragraphs(lines, reading);
    return;
  }
  for await (const { bytes, line, offset } of lines) {
    yield { text: decodeUtf8(bytes, { ...reading, offset }), where: `${where}:${line}` };
  }
}
