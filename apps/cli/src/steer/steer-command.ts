import { resolve } from "node:path";
import { createRandom, PlumblineError, type ReplaceActivations, type SaeInference } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import type { TextModel } from "@plumbline/extract/model";
import { type ActionContext, shownNumber, textTable } from "@plumbline/extract/terminal";
import {
  generateTokens,
  type LatentEdit,
  mostLikely,
  type OpenedSplicedModel,
  steering,
  type Tokenizer,
} from "@plumbline/model-sources";
import { type LoadedSae, loadSae } from "../load-sae.ts";
import { hookPointOf, openFlaggedModel, openSpliced } from "../model/open-sae-model.ts";
import { createRegistries } from "../registries.ts";
import { chooseBackend } from "../train/choose-backend.ts";
import { editsOf, type SteerFlags } from "./steer-flags.ts";

/** A prompt as the model reads it: with the token that begins a text, where there is one. */
function promptIds(text: string | undefined, tokenizer: Tokenizer): Int32Array {
  const begin = tokenizer.bosId === undefined ? [] : [tokenizer.bosId];
  const ids = Int32Array.of(...begin, ...tokenizer.encode(text ?? ""));
  if (text !== undefined && ids.length > 0) return ids;
  throw new PlumblineError({
    code: "no-prompt",
    kind: "usage",
    message: "[cli] steer: expected a text to go on from, got none",
    hint: 'give one with --prompt "…"',
  });
}

interface Steered {
  readonly opened: TextModel;
  readonly spliced: OpenedSplicedModel;
  readonly prompt: Int32Array;
  readonly flags: SteerFlags;
  readonly signal: AbortSignal | undefined;
}

async function textOf(steered: Steered, replace: ReplaceActivations | undefined): Promise<string> {
  const { opened, spliced, prompt, flags, signal } = steered;
  const { tokenizer } = opened;
  const { newTokens = 32, temperature = 0, seed = 0 } = flags;
  const ids: number[] = [];
  const tokens = generateTokens({
    model: spliced,
    prompt,
    nTokens: newTokens,
    stopIds: tokenizer.eosId === undefined ? [] : [tokenizer.eosId],
    // Both texts draw the same numbers: what differs comes from the change.
    sampling: { temperature, random: createRandom(seed).stream("steer") },
    ...(replace === undefined ? {} : { replace }),
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const id of tokens) ids.push(id);
  return tokenizer.decode(ids, { skipSpecial: true });
}

interface NextToken {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

async function nextTokens(steered: Steered, replace: ReplaceActivations | undefined): Promise<NextToken[]> {
  const { opened, spliced, prompt, flags } = steered;
  for await (const all of spliced.run([prompt], replace === undefined ? {} : { replace })) {
    const logits = all.subarray((prompt.length - 1) * spliced.nVocabulary);
    const top = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
    return mostLikely(logits, flags.top ?? 10).map((id) => ({
      id,
      text: opened.tokenizer.decode([id]),
      probability: Math.exp((logits[id] ?? 0) - top) / sum,
    }));
  }
  return [];
}

function replacement(
  sae: LoadedSae,
  edits: readonly LatentEdit[],
  options: { readonly inference: SaeInference; readonly nPrompt: number; readonly generatedOnly: boolean },
): ReplaceActivations {
  const { inference, nPrompt, generatedOnly } = options;
  return steering(edits, {
    form: sae.form,
    inference,
    // The last token of the prompt decides the first new one.
    ...(generatedOnly ? { applies: (row: number) => row >= nPrompt - 1 } : {}),
  });
}

const nextTokenRows = (before: readonly NextToken[], after: readonly NextToken[]): string[][] => [
  ["as it is", "", "steered", ""],
  ...before.map((one, i) => [
    JSON.stringify(one.text),
    shownNumber(one.probability),
    JSON.stringify(after[i]?.text ?? ""),
    shownNumber(after[i]?.probability),
  ]),
];

/** `plumbline steer <run|checkpoint>`: what the model goes on with, as it is and with latents changed. */
export async function steer(context: ActionContext<SteerFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  const edits = editsOf(flags);
  const sae = await loadSae(resolve(io.cwd, args[0] ?? ""));
  const hookPoint = hookPointOf(sae, flags, "steer");
  const opened = await openFlaggedModel(flags, { io, output }, "steer");
  try {
    const prompt = promptIds(flags.prompt, opened.tokenizer);
    const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
    const { backend } = await chooseBackend(flags.backend ?? "auto", registries);
    const spliced = await openSpliced(opened, sae, hookPoint);
    const inference = await backend.openInference(sae.form);
    try {
      const steered: Steered = { opened, spliced, prompt, flags, signal: io.signal };
      const generatedOnly = flags.generatedOnly === true;
      const replace = replacement(sae, edits, { inference, nPrompt: prompt.length, generatedOnly });
      const about = {
        type: "steer-end",
        v: 1,
        hookPoint,
        prompt: flags.prompt ?? "",
        edits: edits.map((edit) => ({ ...edit })),
      };
      if (flags.logits === true) {
        const before = await nextTokens(steered, undefined);
        const after = await nextTokens(steered, replace);
        output.data(textTable(nextTokenRows(before, after), { indent: "  " }));
        output.event({
          ...about,
          before: before.map((one) => ({ ...one })),
          after: after.map((one) => ({ ...one })),
        });
        return undefined;
      }
      const before = await textOf(steered, undefined);
      const after = await textOf(steered, replace);
      const { bold } = output.colors;
      output.data(
        `${bold("as it is")}\n${flags.prompt}${before}\n\n${bold("steered")}\n${flags.prompt}${after}`,
      );
      output.event({ ...about, before, after });
    } finally {
      inference.dispose();
      await spliced.release();
    }
  } finally {
    opened.close();
  }
  return undefined;
}
