import { PlumblineError } from "@plumbline/core";
import { storeError } from "../errors.ts";
import { type JsonFields, readFields } from "../json-fields.ts";
import { storeLimits } from "../manifest.ts";

/** What must agree between the calls that write one partial folder. */
export interface JournalHead {
  /** the caller's name for all that the rows depend on */
  readonly fingerprint: string;
  readonly dtype: string;
  readonly rowsPerShard: number;
  /** of each store: its folder, hook point and width, as one text */
  readonly stores: readonly string[];
}

/** One shard of every store, complete: the same rows of each hook point. */
export interface JournalEntry {
  readonly nRows: number;
  readonly tokenIds: boolean;
  readonly positions: boolean;
  /** of each store, in their order */
  readonly files: readonly { readonly bytes: number; readonly sha256: string }[];
}

/** What an earlier attempt has left. */
export interface Journal {
  readonly head: JournalHead;
  readonly entries: readonly JournalEntry[];
  /** the text without a line that was cut off while it was written */
  readonly text: string;
}

const journalFormat = "plumbline-partial-store";

export function encodeJournalHead(head: JournalHead): string {
  const { fingerprint, dtype, rowsPerShard, stores } = head;
  return `${JSON.stringify({ format: journalFormat, version: 1, fingerprint, dtype, rowsPerShard, stores })}\n`;
}

export function encodeJournalEntry(entry: JournalEntry): string {
  const { nRows, tokenIds, positions } = entry;
  const files = entry.files.map(({ bytes, sha256 }) => ({ bytes, sha256 }));
  return `${JSON.stringify({ nRows, tokenIds, positions, files })}\n`;
}

function readHead(fields: JsonFields): JournalHead {
  if (fields.text("format") !== journalFormat) fields.fail("format", `"${journalFormat}"`);
  fields.count("version", 1, 1);
  const head = {
    fingerprint: fields.text("fingerprint"),
    dtype: fields.text("dtype"),
    rowsPerShard: fields.count("rowsPerShard", 1, storeLimits.maxRows),
    stores: fields.list("stores", storeLimits.maxShards).map(String),
  };
  fields.end();
  return head;
}

function readEntry(fields: JsonFields, where: string, path: string): JournalEntry {
  const nRows = fields.count("nRows", 1, storeLimits.maxRows);
  const tokenIds = fields.flag("tokenIds");
  const positions = fields.flag("positions");
  const files = fields.list("files", storeLimits.maxShards).map((value, i) => {
    const file = readFields(value, { where, path: `${path}.files.${i}` });
    const bytes = file.count("bytes", 1, Number.MAX_SAFE_INTEGER);
    const sha256 = file.text("sha256");
    file.end();
    return { bytes, sha256 };
  });
  fields.end();
  return { nRows, tokenIds, positions, files };
}

/** Shards that follow each other: all full but the last, each with a file of every store. */
function checkEntries(head: JournalHead, entries: readonly JournalEntry[]): void {
  for (const [i, { nRows, files }] of entries.entries()) {
    const isLast = i === entries.length - 1;
    const fits = nRows === head.rowsPerShard || (isLast && nRows < head.rowsPerShard);
    if (fits && files.length === head.stores.length) continue;
    throw new Error(`line ${i + 2} does not follow from those before`);
  }
}

/**
 * Reads the journal of a partial folder: a line that says what is written, then one for each shard that is complete. A last
 * line without an end was cut off and does not count.
 *
 * @returns `undefined` where not even the first line is whole
 * @throws PlumblineError (kind `input`) `bad-journal`
 */
export function parseJournal(text: string, where: string): Journal | undefined {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [first, ...rest] = whole.split("\n").slice(0, -1);
  if (first === undefined) return undefined;
  try {
    const head = readHead(readFields(JSON.parse(first), { where, path: "line 1" }));
    const entries = rest.map((line, i) => {
      const path = `line ${i + 2}`;
      return readEntry(readFields(JSON.parse(line), { where, path }), where, path);
    });
    checkEntries(head, entries);
    return { head, entries, text: whole };
  } catch (cause) {
    const said = PlumblineError.isInstance(cause) ? cause.what : String(cause);
    throw storeError({
      code: "bad-journal",
      kind: "input",
      message: `parseJournal(): the record of what is complete is damaged: ${said}`,
      where,
      hint: "remove the partial folder and write from the beginning",
      cause,
    });
  }
}

/**
 * @throws PlumblineError (kind `usage`) `foreign-partial` that names what differs
 */
export function checkJournalHead(found: JournalHead, wanted: JournalHead, where: string): void {
  for (const name of ["fingerprint", "dtype", "rowsPerShard", "stores"] as const) {
    const [a, b] = [found[name], wanted[name]].map((value) =>
      Array.isArray(value) ? value.join(", ") : String(value),
    );
    if (a === b) continue;
    throw storeError({
      code: "foreign-partial",
      kind: "usage",
      message: `writeActivationStores(): what was begun there is something else: its ${name} is ${a}, expected ${b}`,
      where,
      hint: "write elsewhere, go on with what it was begun with, or remove it to write from the beginning",
    });
  }
}
