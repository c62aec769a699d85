import { setImmediate } from "node:timers/promises";
import type { Backend, InferenceForm } from "@plumbline/core";
import { type ActionContext, clockOf, shownSeconds } from "@plumbline/extract/terminal";
import { type DecoderExplanation, type ExplainSettings, explainDecoder } from "@plumbline/meta-sae";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What is explained: the decoder rows alone. */
export type ExplainedForm = Pick<InferenceForm, "dIn" | "dSae" | "decoder">;

/** Explains a decoder, and says how far it is. @throws PlumblineError what {@link explainDecoder} throws */
export async function trainMeta(
  form: ExplainedForm,
  options: Pick<ActionContext<object>, "io" | "output"> & {
    readonly backend: Backend<Tensor>;
    readonly settings: ExplainSettings;
    /** stands before progress */
    readonly what?: string;
  },
): Promise<DecoderExplanation> {
  const { io, output, backend, settings, what } = options;
  const head = what === undefined ? "" : `${what} · `;
  const { signal } = io;
  const clock = clockOf(io);
  const start = clock();
  const { k: _, ...rest } = settings;
  return explainDecoder(backend, form, {
    ...rest,
    ...(signal === undefined ? {} : { signal }),
    onStep: async (step, nSteps) => {
      const secondsLeft = ((clock() - start) / 1000 / step) * (nSteps - step);
      output.progress(`${head}${step}/${nSteps} steps · ETA ${shownSeconds(secondsLeft)}`, step / nSteps);
      // A request to stop arrives only when nothing keeps the thread.
      await setImmediate();
    },
  });
}
