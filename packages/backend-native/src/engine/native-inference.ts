import { engineDisposed, type InferenceForm, type NamedArray, type SaeInference } from "@plumbline/core";
import type { CoreEngine } from "../core/core.ts";
import { arrayIds, counterFields, type families } from "../core/layout.ts";
import { packageName } from "../errors.ts";
import { decodeWith, encodeWith } from "./latents.ts";
import { createQueue } from "./queue.ts";

/** The family that computes a form's rule, and its k. */
export function ruleOf(form: InferenceForm): { family: (typeof families)[number]; k: number } {
  const { activation } = form;
  if (activation.kind === "topk") return { family: "topk", k: activation.k };
  if (activation.kind === "relu" || activation.kind === "jumprelu" || activation.kind === "gated") {
    return { family: activation.kind, k: 1 };
  }
  throw new TypeError(`no family for the rule ${activation.kind}`);
}

async function load(core: CoreEngine, form: InferenceForm): Promise<void> {
  const extra = (name: string): NamedArray["data"] | undefined => form.extra?.[name]?.data;
  const arrays = [
    [arrayIds.value("encoder"), form.encoder],
    [arrayIds.value("encoderBias"), form.encoderBias],
    [arrayIds.value("decoder"), form.decoder],
    [arrayIds.value("decoderBias"), form.decoderBias],
    [arrayIds.value("threshold"), form.activation.kind === "jumprelu" ? form.threshold : undefined],
    [arrayIds.magnitudeScale, form.activation.kind === "gated" ? extra("magnitudeScale") : undefined],
    [arrayIds.magnitudeBias, form.activation.kind === "gated" ? extra("magnitudeBias") : undefined],
  ] as const;
  for (const [id, data] of arrays) if (data !== undefined) await core.write(id, data);
  await core.writeCounters(new Float64Array(counterFields.length));
}

/**
 * Opens a trained SAE in a core engine.
 *
 * @param core an engine for {@link ruleOf} the form, not trainable, whose ownership passes
 * @param form checked already
 */
export async function openNativeInference(core: CoreEngine, form: InferenceForm): Promise<SaeInference> {
  await load(core, form);
  const { dIn, dSae } = form;
  const queue = createQueue();
  let disposed = false;
  const run = async <R>(work: () => Promise<R>): Promise<R> => {
    if (disposed) throw engineDisposed(packageName);
    return queue(work);
  };
  return {
    dIn,
    dSae,
    encode: (batch) => run(() => encodeWith(core, batch, form)),
    decode: (latents) => run(() => decodeWith(core, latents, form)),
    dispose: () => {
      if (disposed) return;
      disposed = true;
      void queue(async () => core.dispose());
    },
  };
}
