import type { Document, DocumentCounts } from "./document.ts";
import { createFingerprintSet } from "./fingerprint-set.ts";
import { utf8Bytes } from "./utf8.ts";

/** What {@link cleanDocuments} leaves out and counts. */
export interface CleanDocumentsOptions {
  /**
   * leaves out documents whose text, composed (Unicode NFC) and trimmed, was there before. Given as the hash that tells
   * texts apart: at least 16 bytes, as the start of a SHA-256. Memory grows by about 32 bytes a document
   */
  readonly deduplicate?: (text: string) => Uint8Array;
  /** updated before each document is handed on */
  readonly counts?: DocumentCounts;
}

/**
 * Documents without those that are empty or, if wanted, exact duplicates. Texts are handed on as they are.
 *
 * @example
 * import { cleanDocuments, createDocumentCounts } from "@plumbline/model-sources";
 *
 * const counts = createDocumentCounts();
 * const documents = [{ text: "One.", where: "a:1" }, { text: " ", where: "a:2" }];
 * for await (const { text } of cleanDocuments(documents, { counts })) console.log(text); // One.
 * console.log(counts); // { documents: 1, empty: 1, duplicates: 0, bytes: 4 }
 */
export async function* cleanDocuments(
  documents: AsyncIterable<Document> | Iterable<Document>,
  options: CleanDocumentsOptions = {},
): AsyncGenerator<Document> {
  const { deduplicate, counts } = options;
  const seen = createFingerprintSet();
  for await (const document of documents) {
    if (!/\S/.test(document.text)) {
      if (counts !== undefined) counts.empty++;
      continue;
    }
    if (deduplicate !== undefined && !seen.add(deduplicate(document.text.normalize("NFC").trim()))) {
      if (counts !== undefined) counts.duplicates++;
      continue;
    }
    if (counts !== undefined) {
      counts.documents++;
      counts.bytes += utf8Bytes(document.text);
    }
    yield document;
  }
}
