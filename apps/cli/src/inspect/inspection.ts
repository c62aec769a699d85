import type { Json, JsonObject } from "@plumbline/core";

/** What was found at a path. */
export interface Inspection {
  /** `store`, `run`, `checkpoint`, `safetensors` */
  readonly kind: string;
  /** by name, in reading order; nested values are for --json only */
  readonly facts: Readonly<Record<string, Json>>;
  /** a table below the facts: title and rows */
  readonly table?: { readonly title: string; readonly rows: readonly (readonly string[])[] };
  /** the table's content for --json */
  readonly details?: JsonObject;
  /** what is wrong with it, one sentence each */
  readonly problems: readonly string[];
}
