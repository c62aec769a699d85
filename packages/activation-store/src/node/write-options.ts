import type { FileSystem } from "@plumbline/core/node";
import type { StoreDtype, StoreManifest } from "../manifest.ts";

/** How far a writing has come. */
export interface StoreProgress {
  /** rows written or about to be, at each hook point; those of an earlier attempt included */
  readonly nRows: number;
  /** rows in all, where the source knows it */
  readonly nRowsInAll: number | undefined;
  /** shards that are complete */
  readonly nShards: number;
}

/** How `writeActivationStore` and `writeActivationStores` write. */
export interface WriteStoreOptions {
  /** rows in one file, the last one may have fewer; 65536 by default, 192 MiB of float32 at a width of 768 */
  readonly rowsPerShard?: number;
  /** how values are stored, rounded to nearest, ties to even; `F32` by default, which stores them as they are */
  readonly dtype?: StoreDtype;
  /**
   * keeps what is complete when the writing is interrupted, in `<path>.partial`. The fingerprint stands for all that the
   * rows depend on (model, texts, tokenizer, their order): what was begun with another one is refused
   */
  readonly resumable?: { readonly fingerprint: string };
  /** goes on with what an interrupted writing left, or begins where there is nothing; needs `resumable` */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  /** called after each chunk of the source, and on resuming after each shard that is there already */
  readonly onProgress?: (progress: StoreProgress) => void;
  readonly fileSystem?: FileSystem;
}

/** A store that was written. */
export interface WrittenStore {
  /** its folder */
  readonly path: string;
  /** what `store.json` says */
  readonly manifest: StoreManifest;
}
