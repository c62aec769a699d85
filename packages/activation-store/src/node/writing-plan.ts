import type { ActivationPass } from "@plumbline/core";
import { isCount, quote, storeError } from "../errors.ts";
import { hookFolders } from "../hook-folders.ts";
import { type StoreDtype, storeDtypes, storeLimits } from "../manifest.ts";
import type { StoreProgress, WriteStoreOptions } from "./write-options.ts";

/** What is written and how, checked. */
export interface WritingPlan {
  /** `function()` that was called */
  readonly from: string;
  readonly pass: ActivationPass;
  /** of each hook, below the path; `""` for the only one */
  readonly folders: readonly string[];
  readonly dtype: StoreDtype;
  readonly rowsPerShard: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: StoreProgress) => void) | undefined;
}

function checkHooks({ name, hooks }: ActivationPass, from: string): void {
  const fail = (code: string, message: string): never => {
    throw storeError({ code, kind: "bug", message: `${from}: ${message}`, where: `source "${name}"` });
  };
  if (hooks.length === 0) fail("no-hooks", "expected a pass with at least one hook point, got none");
  for (const { dIn } of hooks) {
    if (isCount(dIn, 1) && dIn <= storeLimits.maxWidth) continue;
    fail("bad-width", `expected a width of 1 to ${storeLimits.maxWidth}, got ${dIn}`);
  }
}

function checkOptions(options: WriteStoreOptions, from: string): void {
  const { rowsPerShard = 1, dtype = "F32", resumable, resume = false } = options;
  const fail = (code: string, message: string, hint?: string): never => {
    const error = { code, kind: "usage", message: `${from}: ${message}` } as const;
    throw storeError(hint === undefined ? error : { ...error, hint });
  };
  if (!isCount(rowsPerShard, 1) || rowsPerShard > storeLimits.maxRows) {
    fail("bad-shard-size", `expected 1 to ${storeLimits.maxRows} rows in a shard, got ${rowsPerShard}`);
  }
  if (!storeDtypes.includes(dtype)) {
    fail("unknown-dtype", `expected a dtype of ${storeDtypes.join(", ")}, got ${quote(String(dtype))}`);
  }
  if (resume && resumable === undefined) {
    fail(
      "fingerprint-missing",
      "resume: true needs resumable: { fingerprint }",
      "the fingerprint tells whether what was begun is what is wanted now",
    );
  }
}

/** @throws PlumblineError `no-hooks`, `bad-width`, `bad-shard-size`, `unknown-dtype`, `fingerprint-missing`, `hook-names-collide` */
export function planWriting(pass: ActivationPass, options: WriteStoreOptions, from: string): WritingPlan {
  checkHooks(pass, from);
  checkOptions(options, from);
  const { rowsPerShard = 65536, dtype = "F32", signal, onProgress } = options;
  return { from, pass, folders: hookFolders(pass.hooks, from), dtype, rowsPerShard, signal, onProgress };
}
