import { expect, describe as suite, test } from "vitest";
import { type BehaviourOptions, evaluateBehaviour } from "./evaluate-behaviour.ts";
import { byHand, half, meanOf, model, text } from "./naive-behaviour.test-support.ts";
import type { SpecialTokens } from "./special-tokens.ts";

const evaluate = (options: Partial<BehaviourOptions> = {}) =>
  evaluateBehaviour({ model, inference: half, batches: () => [text], ...options });

suite("evaluateBehaviour(), special tokens", () => {
  const special = (token: number): boolean => token === 0;
  const policies = (["keep", "replace"] as const).flatMap((inSplice) =>
    (["keep", "replace"] as const).flatMap((inAblation) =>
      (["drop", "keep"] as const).map((inAverages) => ({ inSplice, inAblation, inAverages })),
    ),
  );

  test.each(policies)(
    "$inSplice in the splice, $inAblation in ablations, $inAverages in averages",
    async (policy) => {
      const specialTokens: SpecialTokens = { ids: [0], ...policy };
      const result = await evaluate({ specialTokens });
      const counts = (token: number): boolean => policy.inAverages === "keep" || !special(token);
      const spared = (kept: "keep" | "replace", token: number): boolean => kept === "keep" && special(token);
      const sae = byHand((x, token) => (spared(policy.inSplice, token) ? x : x / 2), counts);
      const none = byHand((x, token) => (spared(policy.inAblation, token) ? x : 0), counts);
      const mean = meanOf((token) => !spared(policy.inAblation, token));
      const average = byHand(
        (x, token, d) => (spared(policy.inAblation, token) ? x : (mean[d] ?? 0)),
        counts,
      );
      // Token 0 stands at positions 0, 0 and 2 of the three sequences, each time with a next token: 10 − 3 and 13 − 3.
      expect([sae.nCe, sae.nKl]).toEqual(policy.inAverages === "drop" ? [7, 10] : [10, 13]);
      expect([result.nCrossEntropyPositions, result.nKlPositions]).toEqual([sae.nCe, sae.nKl]);
      expect(result.crossEntropy.original.value).toBeCloseTo(sae.original, 12);
      expect(result.crossEntropy.sae.value).toBeCloseTo(sae.changed, 12);
      expect(result.klDivergence.sae.value).toBeCloseTo(sae.kl, 12);
      expect(result.crossEntropy.zeroAblation.value).toBeCloseTo(none.changed, 12);
      expect(result.crossEntropy.meanAblation.value).toBeCloseTo(average.changed, 6);
      expect(result.meanActivation).toEqual({
        from: "measured",
        nPositions: policy.inAblation === "keep" ? 10 : 13,
      });
      expect(result.specialTokens).toEqual({ ids: [0], ...policy });
    },
  );

  test("are kept in splice and ablation and dropped from averages unless said otherwise", async () => {
    const { specialTokens } = await evaluate({ specialTokens: { ids: [0] } });
    expect(specialTokens).toEqual({ ids: [0], inSplice: "keep", inAblation: "keep", inAverages: "drop" });
    expect((await evaluate()).specialTokens.ids).toEqual([]);
  });

  test("leave nothing where every token is special", async () => {
    const result = await evaluate({ specialTokens: { ids: [0, 1, 2, 3, 4] } });
    expect(result.meanActivation).toEqual({ from: "measured", nPositions: 0 });
    expect(result.crossEntropy.sae).toEqual({ value: null, reason: "no positions" });
  });
});
