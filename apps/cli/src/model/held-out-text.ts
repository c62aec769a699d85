import type { TextModel } from "@plumbline/extract/model";
import type { Io, Output } from "@plumbline/extract/terminal";
import type { TokenPolicy } from "@plumbline/model-sources";
import { flaggedText } from "./flagged-text.ts";
import type { TextFlags } from "./model-flags.ts";

/** Text to measure on: its policy, and the sequences in batches, anew with each call. */
export interface HeldOutText {
  readonly policy: TokenPolicy;
  readonly nSequences: number;
  batches(): AsyncGenerator<readonly Int32Array[]>;
}

const sequencesPerBatch = 8;

/** The text that flags name. @throws PlumblineError `no-text`; what documents and tokens throw, when they are read */
export async function heldOutText(
  flags: TextFlags,
  opened: TextModel,
  context: { readonly io: Io; readonly output: Output },
): Promise<HeldOutText> {
  const hint = "give documents that the SAE has not learned from with --text";
  const { policy, sequences: read } = await flaggedText(flags, opened, { ...context, hint });
  const { sequences = 64 } = flags;
  return {
    policy,
    nSequences: sequences,
    async *batches() {
      let batch: Int32Array[] = [];
      let left = sequences;
      for await (const { ids } of read()) {
        batch.push(ids);
        left--;
        if (batch.length === sequencesPerBatch || left === 0) {
          yield batch;
          batch = [];
        }
        if (left === 0) return;
      }
      if (batch.length > 0) yield batch;
    },
  };
}
