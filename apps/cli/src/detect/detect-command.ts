import { resolve } from "node:path";
import { PlumblineError, type SaeInference } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import type { TextModel } from "@plumbline/extract/model";
import { type ActionContext, shownNumber, textTable } from "@plumbline/extract/terminal";
import {
  type Capture,
  type Detection,
  type DetectorOptions,
  detectLatents,
  openCapture,
  probeTokens,
  tokenBatch,
} from "@plumbline/model-sources";
import { loadSae } from "../load-sae.ts";
import { flaggedText } from "../model/flagged-text.ts";
import type { ModelFlags, TextFlags } from "../model/model-flags.ts";
import { checkModelWidth, hookPointOf, openFlaggedModel } from "../model/open-sae-model.ts";
import { createRegistries } from "../registries.ts";
import { chooseBackend } from "../train/choose-backend.ts";

/** Flags of `plumbline detect`. */
export interface DetectFlags extends ModelFlags, TextFlags {
  readonly prompt?: string;
  /** `latent` or `latent=threshold` */
  readonly latent?: readonly string[];
  readonly threshold?: number;
  readonly top?: number;
  readonly backend?: string;
  readonly plugin?: readonly string[];
}

/** @throws PlumblineError `bad-flag` */
function detectorOf({ latent = [], threshold = 0, top }: DetectFlags, dSae: number): DetectorOptions {
  const pairs = latent.map((text): [number, number] => {
    const [, index, least] = /^(\d+)(?:=(.+))?$/.exec(text) ?? [];
    const value = least === undefined ? threshold : Number(least);
    if (index !== undefined && Number(index) < dSae && Number.isFinite(value)) return [Number(index), value];
    throw new PlumblineError({
      code: "bad-flag",
      kind: "usage",
      message: `[cli] detect: expected a latent from 0 to ${dSae - 1}, alone or with a threshold as 12=0.5, got "${text}"`,
      where: `--latent ${text}`,
    });
  });
  return {
    threshold,
    ...(pairs.length === 0 ? {} : { latents: new Map(pairs) }),
    ...(top === undefined ? {} : { top }),
  };
}

/** The sequences to look at: a prompt, or documents, each in as many contexts as it needs. */
async function* sequencesOf(
  flags: DetectFlags,
  opened: TextModel,
  context: Pick<ActionContext<DetectFlags>, "io" | "output">,
): AsyncGenerator<Int32Array> {
  const { tokenizer } = opened;
  if (flags.prompt !== undefined) {
    const begin = tokenizer.clsId ?? tokenizer.bosId;
    const end = tokenizer.clsId === undefined ? undefined : tokenizer.sepId;
    yield Int32Array.of(
      ...(begin === undefined ? [] : [begin]),
      ...tokenizer.encode(flags.prompt),
      ...(end === undefined ? [] : [end]),
    );
    return;
  }
  const { documents = "split", sequences } = flags;
  const hint = "give it with --prompt, or documents with --text";
  const read = await flaggedText({ ...flags, documents }, opened, { ...context, hint });
  let left = sequences ?? Number.POSITIVE_INFINITY;
  for await (const { ids } of read.sequences()) {
    if (left-- <= 0) return;
    yield ids;
  }
}

interface Detector {
  readonly capture: Capture;
  readonly inference: SaeInference;
  readonly options: DetectorOptions;
}

async function detectIn(
  ids: Int32Array,
  { capture, inference, options }: Detector,
): Promise<readonly (readonly Detection[])[]> {
  const [rows = new Float32Array()] = await capture.run(tokenBatch([ids], capture.inputs));
  return detectLatents(rows, inference, options);
}

/** `plumbline detect <run|checkpoint>`: which latents fire on which token of a text. */
export async function detect(context: ActionContext<DetectFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  const sae = await loadSae(resolve(io.cwd, args[0] ?? ""));
  const options = detectorOf(flags, sae.form.dSae);
  const hookPoint = hookPointOf(sae, flags, "detect");
  const opened = await openFlaggedModel(flags, { io, output }, "detect");
  try {
    const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
    const { backend } = await chooseBackend(flags.backend ?? "auto", registries);
    const capture = await openCapture(opened.model, { hookPoints: [hookPoint], probe: probeTokens });
    const inference = await backend.openInference(sae.form);
    try {
      checkModelWidth(sae, { hookPoint, dIn: capture.hooks[0]?.dIn ?? 0 });
      let sequence = 0;
      let nTokens = 0;
      let nDetections = 0;
      for await (const ids of sequencesOf(flags, opened, { io, output })) {
        io.signal?.throwIfAborted();
        const found = await detectIn(ids, { capture, inference, options });
        const tokens = found.map((latents, position) => ({
          position,
          id: ids[position] ?? 0,
          text: opened.tokenizer.decode(ids.subarray(position, position + 1)),
          latents: latents.map((one) => ({ ...one })),
        }));
        const shown = tokens.filter(({ latents }) => latents.length > 0);
        output.data(
          textTable(
            shown.map(({ position, text, latents }) => [
              String(position),
              JSON.stringify(text),
              latents.map(({ latent, value }) => `${latent}: ${shownNumber(value)}`).join("  "),
            ]),
            { indent: "  " },
          ),
        );
        output.event({ type: "detect", v: 1, sequence, tokens });
        nDetections += shown.reduce((sum, { latents }) => sum + latents.length, 0);
        nTokens += ids.length;
        sequence++;
      }
      output.say(`${nDetections} detections on ${nTokens} tokens`);
      output.event({ type: "detect-end", v: 1, hookPoint, nSequences: sequence, nTokens, nDetections });
    } finally {
      inference.dispose();
      await capture.release();
    }
  } finally {
    opened.close();
  }
  return undefined;
}
