import type { Backend } from "@plumbline/core";
import { type ActionContext, clockOf, shownNumber, textTable } from "@plumbline/extract/terminal";
import { type BehaviourResult, evaluateBehaviour } from "@plumbline/metrics";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LoadedSae } from "../load-sae.ts";
import { heldOutText } from "../model/held-out-text.ts";
import type { ModelFlags, TextFlags } from "../model/model-flags.ts";
import { hookPointOf, openFlaggedModel, openSpliced } from "../model/open-sae-model.ts";

/** What the SAE does to its model, and on what it was measured. */
export interface MeasuredBehaviour {
  readonly behaviour: BehaviourResult;
  readonly contextLength: number;
}

/** Splices the SAE into its model and compares predictions. */
export async function measureBehaviour(
  sae: LoadedSae,
  options: Pick<ActionContext<ModelFlags & TextFlags>, "io" | "output" | "flags"> & {
    readonly backend: Backend<Tensor>;
  },
): Promise<MeasuredBehaviour> {
  const { io, output, flags, backend } = options;
  const hookPoint = hookPointOf(sae, flags, "eval");
  const opened = await openFlaggedModel(flags, { io, output }, "eval");
  try {
    const text = await heldOutText(flags, opened, { io, output });
    const spliced = await openSpliced(opened, sae, hookPoint);
    const inference = await backend.openInference(sae.form);
    const clock = clockOf(io);
    const start = clock();
    try {
      const behaviour = await evaluateBehaviour({
        model: spliced,
        inference,
        batches: () => text.batches(),
        specialTokens: { ids: [...opened.tokenizer.specialIds] },
        ...(io.signal === undefined ? {} : { signal: io.signal }),
        onProgress: ({ pass, nSequences, nTokens }) => {
          const perSecond = Math.round((nTokens * 1000) / Math.max(1, clock() - start));
          const what = pass === "behaviour" ? "model with and without the SAE" : "mean activation";
          output.progress(
            `${what} · ${nSequences}/${text.nSequences} contexts · ${perSecond} tok/s`,
            nSequences / text.nSequences,
          );
        },
      });
      return { behaviour, contextLength: text.policy.contextLength };
    } finally {
      inference.dispose();
      await spliced.release();
    }
  } finally {
    opened.close();
  }
}

type Value = { readonly value: number | null; readonly reason?: string };
const shown = (metric: Value): string => shownNumber(metric.value, metric.reason);

const signed = (metric: Value): string => `${(metric.value ?? -1) < 0 ? "" : "+"}${shown(metric)}`;

/** The effect on the model for people. */
export function behaviourTable({ behaviour: b, contextLength }: MeasuredBehaviour): string {
  const row = (name: string, key: "sae" | "zeroAblation" | "meanAblation"): string[] => {
    const increase = b.crossEntropyIncrease[key];
    return [
      name,
      shown(b.crossEntropy[key]),
      `${signed(increase.mean)} ± ${shown(increase.standardError)}`,
      shown(b.klDivergence[key]),
    ];
  };
  const { zeroAblation: zero, meanAblation: mean } = b.scores;
  const table = textTable(
    [
      ["", "cross-entropy", "more than the model", "KL divergence"],
      ["the model as it is", shown(b.crossEntropy.original), "", ""],
      row("with the SAE", "sae"),
      row("zero ablation", "zeroAblation"),
      row("mean ablation", "meanAblation"),
    ],
    { indent: "  " },
  );
  const scores = textTable(
    [
      ["", "against zero ablation", "against mean ablation"],
      ["CE recovered", shown(zero.ceLossScore), shown(mean.ceLossScore)],
      ["KL recovered", shown(zero.klDivScore), shown(mean.klDivScore)],
    ],
    { indent: "  " },
  );
  const special = b.specialTokens;
  const about = `${b.nTokens} tokens in ${b.nSequences} contexts of up to ${contextLength} · special tokens: ${special.inSplice} in the splice, ${special.inAblation} in ablations, ${special.inAverages} in averages`;
  return `at ${b.hookPoint} · ${about}\n${table}\n${scores}`;
}
