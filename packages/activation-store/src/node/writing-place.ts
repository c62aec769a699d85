import type { FileSystem } from "@plumbline/core/node";
import type { JournalEntry, JournalHead } from "./partial-journal.ts";

/** Where one writing of stores puts its files: they are made one by one, kept once complete, and appear at the end. */
export interface WritingPlace {
  /** local folder in which files are made, with a folder for each of several stores */
  readonly workshop: string;
  /** that of the workshop */
  readonly fileSystem: FileSystem;
  /** where files that were kept are read */
  readonly kept: { readonly folder: string; readonly fileSystem: FileSystem };
  /** shards that an earlier attempt has left, in order */
  readonly entries: readonly JournalEntry[];
  /** Makes a finished file of the workshop a part of what is there at the end. `sha256` is its checksum. */
  keep(file: string, sha256: string): Promise<void>;
  /** Records that a shard is complete in every store: an interruption leaves it. */
  record(entry: JournalEntry): Promise<void>;
}

/** What is written, and how it goes on after an interruption. */
export interface PlaceOptions {
  readonly path: string;
  /** `function()` that writes */
  readonly from: string;
  readonly fileSystem: FileSystem;
  /** folders of the stores below `path`, `""` for the only one */
  readonly folders: readonly string[];
  /** what must agree for going on; without it, nothing stays after a failure */
  readonly head: JournalHead | undefined;
  /** whether to go on with what is there */
  readonly resume: boolean;
}

export interface WritingSteps<R> {
  /** writes everything */
  work(place: WritingPlace): Promise<R>;
  /** gives the result where an earlier call was stopped after its last step */
  reopen(): Promise<R>;
}
