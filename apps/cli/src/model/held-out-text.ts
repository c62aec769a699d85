import { resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import {
  locateText,
  maxContextLength,
  type TextModel,
  textSequences,
  tokenPolicy,
} from "@plumbline/extract/model";
import type { Io, Output } from "@plumbline/extract/terminal";
import type { TokenPolicy } from "@plumbline/model-sources";
import type { TextFlags } from "./model-flags.ts";

/** Text to measure on: its policy, and the sequences in batches, anew with each call. */
export interface HeldOutText {
  readonly policy: TokenPolicy;
  readonly nSequences: number;
  batches(): AsyncGenerator<readonly Int32Array[]>;
}

const sequencesPerBatch = 8;

function checkDocuments(documents: string | undefined): void {
  if (documents === undefined || ["pack", "truncate", "split"].includes(documents)) return;
  throw new PlumblineError({
    code: "bad-flag",
    kind: "usage",
    message: `[cli] expected --documents to be pack, truncate or split, got "${documents}"`,
  });
}

/** Tokens that the model reads at once: what the flag says, or 128, or all that a smaller model can. */
export const contextLengthOf = ({ context }: TextFlags, { model }: TextModel): number =>
  context ?? Math.min(128, maxContextLength(model) ?? 128);

/** The text that flags name. @throws PlumblineError `no-text`; what documents and tokens throw, when they are read */
export async function heldOutText(
  flags: TextFlags,
  opened: TextModel,
  { io, output }: { readonly io: Io; readonly output: Output },
): Promise<HeldOutText> {
  const { text, field = "text", split = "train", sequences = 64, documents } = flags;
  if (text === undefined) {
    throw new PlumblineError({
      code: "no-text",
      kind: "usage",
      message: "[cli] expected text to run the model on, got none",
      hint: "give documents that the SAE has not learned from with --text",
    });
  }
  checkDocuments(documents);
  const contextLength = contextLengthOf(flags, opened);
  const policy = tokenPolicy({ contextLength, documents }, opened.tokenizer);
  const read = textSequences(
    {
      path: text,
      absolutePath: await locateText(
        { path: text, split },
        { resolvePath: (path) => resolve(io.cwd, path), signal: io.signal, say: output.say },
      ),
      field,
      split,
      textSplit: "none",
      invalidUtf8: "error",
      deduplicate: false,
    },
    { ...opened, policy, signal: io.signal },
  );
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
