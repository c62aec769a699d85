import type { EventLine } from "@plumbline/extract/terminal";
import { type LoadedSae, saeName } from "../load-sae.ts";
import { definitionIds } from "./definitions.ts";
import type { Found } from "./found.ts";
import { maxFiringRate } from "./measure-pair.ts";

const about = (sae: LoadedSae) => ({
  sae: saeName(sae),
  seed: sae.run?.seed ?? null,
  dSae: sae.form.dSae,
});

/** A comparison as one line: plain data by its contract, for which JSON is the check. */
export function compareEvent(
  { saes: [a, b], measured, changes, histograms, pairing }: Found,
  options: { readonly sha256: string; readonly perLatent: boolean },
): EventLine {
  const { matches, threshold, all, alive } = pairing;
  const { meanTopPhiA, meanTopPhiB, splitting, merging, nTokens } = measured.across;
  const metrics = {
    a: measured.a,
    b: measured.b,
    changes,
    phiHistogram: histograms,
    across: {
      meanTopPhi: { a: meanTopPhiA, b: meanTopPhiB },
      maxFiringRate,
      splitting,
      merging,
    },
    pairing: { threshold, all, alive },
    ...(options.perLatent
      ? {
          perLatent: {
            columnOf: [...matches.columnOf],
            // JSON has no NaN: latents left over have no cosine.
            cosines: Array.from(matches.cosines, (cosine) => (Number.isNaN(cosine) ? null : cosine)),
          },
        }
      : {}),
  };
  return {
    type: "compare-end",
    v: 1,
    a: about(a),
    b: about(b),
    activations: { sha256: options.sha256, firstToken: 0, nTokens },
    definitions: definitionIds(),
    metrics: JSON.parse(JSON.stringify(metrics)),
  };
}
