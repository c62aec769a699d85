/** One text of a corpus. */
export interface Document {
  /** never empty where it comes from {@link cleanDocuments} or `readDocuments` */
  readonly text: string;
  /** where it was read: `file`, `file:line` (lines from 1) or `file#row` (rows from 0) */
  readonly where: string;
}

/** What became of the documents of a corpus; a plain object that is updated while documents are read. */
export interface DocumentCounts {
  /** documents handed on */
  documents: number;
  /** left out: nothing but white space */
  empty: number;
  /** left out: the same text as one before */
  duplicates: number;
  /** size of the documents handed on, in UTF-8 */
  bytes: number;
}

/**
 * Counts to hand to `readDocuments` or {@link cleanDocuments}, all 0.
 *
 * @example
 * import { createDocumentCounts } from "@plumbline/model-sources";
 *
 * console.log(createDocumentCounts()); // { documents: 0, empty: 0, duplicates: 0, bytes: 0 }
 */
export function createDocumentCounts(): DocumentCounts {
  return { documents: 0, empty: 0, duplicates: 0, bytes: 0 };
}
