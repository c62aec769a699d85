import type { ReplaceActivations, SplicedModel } from "@plumbline/core";
import { PlumblineError } from "@plumbline/core";

/** A model that does not keep the contract of `SplicedModel`. */
export function modelBroken(message: string, hint: string): PlumblineError {
  return new PlumblineError({
    code: "model-broken",
    kind: "bug",
    message: `[metrics] evaluateBehaviour(): ${message}`,
    hint,
  });
}

/**
 * `model.run()` with a replacement, held to its contract: a model that forgets to hand over activations would look as if the
 * SAE did no harm.
 *
 * @throws PlumblineError `model-broken` where activations do not come in order, each sequence once and before its logits
 */
export async function* checkedRun(
  model: SplicedModel,
  sequences: readonly Int32Array[],
  options: { readonly replace: ReplaceActivations; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Float32Array> {
  const { replace, signal } = options;
  const hint =
    "SplicedModel.run() must hand each sequence to replace() once, in order, before it yields logits";
  let nHanded = 0;
  let nYielded = 0;
  const run = model.run(sequences, {
    replace: (batch) => {
      if (batch.firstSequence !== nHanded) {
        throw modelBroken(
          `expected activations from sequence ${nHanded} on, got sequence ${batch.firstSequence}`,
          hint,
        );
      }
      nHanded += batch.nSequences;
      return replace(batch);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const logits of run) {
    if (nYielded >= nHanded) {
      throw modelBroken(`got logits of sequence ${nYielded} before its activations`, hint);
    }
    nYielded++;
    yield logits;
  }
}
