import { PlumblineError } from "@plumbline/core";

/**
 * What happens at positions whose **input** token is special (BOS, EOS, PAD …). There is no neutral choice: the
 * activations of a first token are often a hundred times longer than others, and ablating them breaks a model that uses
 * them as an attention sink, which makes every SAE look good beside it.
 */
export interface SpecialTokens {
  /** token ids that are special; none by default */
  readonly ids?: readonly number[];
  /** their activations where the SAE is spliced in: `keep` the model's (default) or `replace` by the reconstruction */
  readonly inSplice?: "keep" | "replace";
  /** their activations in ablations: `keep` the model's (default) or `replace` like all others, as other tools do */
  readonly inAblation?: "keep" | "replace";
  /** their predictions in all averages: `drop` (default) or `keep`; a special token that is only predicted counts */
  readonly inAverages?: "drop" | "keep";
}

/** The policy with its defaults, as a result states it. */
export type SpecialTokensPolicy = Required<SpecialTokens>;

/** @throws PlumblineError `bad-option` */
export function specialTokensPolicy(options: SpecialTokens = {}): SpecialTokensPolicy {
  const { ids = [], inSplice = "keep", inAblation = "keep", inAverages = "drop" } = options;
  const bad = ids.find((id) => !(Number.isSafeInteger(id) && id >= 0));
  if (bad !== undefined) {
    throw new PlumblineError({
      code: "bad-option",
      kind: "usage",
      message: `[metrics] specialTokens.ids: expected token ids, integers of at least 0, got ${bad}`,
    });
  }
  return { ids: [...ids], inSplice, inAblation, inAverages };
}
