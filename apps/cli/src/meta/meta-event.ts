import type { EventLine } from "@plumbline/extract/terminal";
import { type DecoderExplanation, type ExplainSettings, explanationDefinitions } from "@plumbline/meta-sae";
import type { MetricValue } from "@plumbline/metrics";

/** An explanation as one line: everything but the labels, which the reader has. */
export function metaEvent(
  explanation: DecoderExplanation,
  about: {
    readonly sae: string;
    readonly settings: ExplainSettings;
    readonly backend: string;
    readonly out: string | undefined;
    readonly random: MetricValue | undefined;
  },
): EventLine {
  const { latents, explainedVariance, explainedShares, l0, nUnused } = explanation;
  const { architecture, dictionarySize, k, nSteps, batchSize, lr, seed } = about.settings;
  return {
    type: "meta-end",
    v: 1,
    sae: about.sae,
    dSae: latents.nRows,
    meta: { architecture: architecture.name, dictionarySize, k, nSteps, batchSize, lr, seed },
    backend: about.backend,
    source:
      "sequential meta-SAE on decoder rows of norm 1: Bussmann et al. 2024; Leask et al., arXiv 2502.04878",
    definitions: Object.fromEntries(
      Object.entries(explanationDefinitions).map(([name, { id, version }]) => [name, `${id}@${version}`]),
    ),
    explainedVariance: { ...explainedVariance },
    randomRows: about.random === undefined ? null : { explainedVariance: { ...about.random } },
    l0,
    nUnused,
    // JSON has no NaN.
    explainedShares: Array.from(explainedShares, (share) => (Number.isNaN(share) ? null : share)),
    parts: {
      rowStarts: [...latents.rowStarts],
      metaLatents: [...latents.indices],
      weights: [...latents.values],
    },
    out: about.out ?? null,
  };
}
