/** How the documents of a file are stored. */
export interface DocumentFormat {
  readonly kind: "text" | "jsonl" | "parquet";
  readonly gzip: boolean;
}

const kinds: Readonly<Record<string, DocumentFormat["kind"]>> = {
  txt: "text",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
};

/** What a file's name says of its format; undefined for other files. */
export function formatOf(name: string): DocumentFormat | undefined {
  const found = /\.([a-z]+)(\.gz)?$/i.exec(name);
  const kind = kinds[found?.[1]?.toLowerCase() ?? ""];
  const gzip = found?.[2] !== undefined;
  return kind === undefined || (kind === "parquet" && gzip) ? undefined : { kind, gzip };
}
