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
import type { ModelSequence, TokenPolicy } from "@plumbline/model-sources";
import type { TextFlags } from "./model-flags.ts";

/** Documents that flags name, as the sequences that a model reads. */
export interface FlaggedText {
  readonly policy: TokenPolicy;
  /** reads them anew with each call */
  sequences(): AsyncIterable<ModelSequence>;
}

function checkDocuments(documents: string | undefined): void {
  if (documents === undefined || ["pack", "truncate", "split"].includes(documents)) return;
  throw new PlumblineError({
    code: "bad-flag",
    kind: "usage",
    message: `[cli] expected --documents to be pack, truncate or split, got "${documents}"`,
  });
}

/** Tokens that the model reads at once: what the flag says, or 128, or all that a smaller model can. */
const contextLengthOf = ({ context }: TextFlags, { model }: TextModel): number =>
  context ?? Math.min(128, maxContextLength(model) ?? 128);

/** @throws PlumblineError `no-text`, `bad-flag`; what documents and tokens throw, when they are read */
export async function flaggedText(
  flags: TextFlags,
  opened: TextModel,
  context: { readonly io: Io; readonly output: Output; readonly hint: string },
): Promise<FlaggedText> {
  const { io, output, hint } = context;
  const { text, field = "text", split = "train", documents } = flags;
  if (text === undefined) {
    throw new PlumblineError({
      code: "no-text",
      kind: "usage",
      message: "[cli] expected text to run the model on, got none",
      hint,
    });
  }
  checkDocuments(documents);
  const policy = tokenPolicy({ contextLength: contextLengthOf(flags, opened), documents }, opened.tokenizer);
  const absolutePath = await locateText(
    { path: text, split },
    { resolvePath: (path) => resolve(io.cwd, path), signal: io.signal, say: output.say },
  );
  const reading = { field, split, textSplit: "none", invalidUtf8: "error", deduplicate: false } as const;
  const sequences = textSequences(
    { path: text, absolutePath, ...reading },
    { ...opened, policy, signal: io.signal },
  );
  return { policy, sequences };
}
