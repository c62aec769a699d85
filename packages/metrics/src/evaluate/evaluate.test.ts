import { type InferenceForm, type SaeInference, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { evaluateSae } from "./evaluate.ts";

/** Two latents on two dimensions, ReLU of each; negative inputs are lost. */
const inference: SaeInference = {
  dIn: 2,
  dSae: 2,
  encode: async (batch) =>
    sparseFromDense(
      batch.map((value) => Math.max(value, 0)),
      { nRows: batch.length / 2, dSae: 2 },
    ),
  decode: async (latents) => {
    const rows = new Float32Array(latents.nRows * 2);
    for (let row = 0; row < latents.nRows; row++) {
      for (let j = latents.rowStarts[row] ?? 0; j < (latents.rowStarts[row + 1] ?? 0); j++) {
        rows[row * 2 + (latents.indices[j] ?? 0)] = latents.values[j] ?? 0;
      }
    }
    return rows;
  },
  dispose: () => {},
};

const form: InferenceForm = {
  dIn: 2,
  dSae: 2,
  encoder: Float32Array.of(1, 0, 0, 1),
  encoderBias: new Float32Array(2),
  decoder: Float32Array.of(1, 0, 0, 1),
  decoderBias: new Float32Array(2),
  subtractDecoderBias: false,
  activation: { kind: "relu" },
  madeBy: { architecture: "relu", config: {} },
};

async function* stream(...batches: readonly (readonly number[])[]): AsyncGenerator<Float32Array> {
  for (const batch of batches) yield Float32Array.from(batch);
}

suite("evaluateSae()", () => {
  test("measures a stream and returns what JSON can carry", async () => {
    // Tokens (1, 0), (2, 0), (3, −2): the −2 is lost, error 4. Means (2, −2/3): deviation 1 + 0 + 1 + 3 · mean square of
    // (0, 0, −2) about −2/3 = 4/9 + 4/9 + 16/9 = 24/9; in all 14/3. 1 − 4 / (14/3) = 1/7.
    const result = await evaluateSae({ inference, form, batches: stream([1, 0, 2, 0], [], [3, -2]), dIn: 2 });
    expect(result.nTokens).toBe(3);
    expect(result.reconstruction.explainedVariance.value).toBeCloseTo(1 / 7, 14);
    expect(result.sparsity.l0.mean).toEqual({ value: 1 });
    expect(result.sparsity.deadLatents).toEqual({ count: { value: 1 }, alive: { value: 1 }, nTokens: 3 });
    expect(result.directions?.alignment.all.shareNearOne).toEqual({ value: 1 });
    expect(result.directions?.alignment.alive?.distribution.n).toBe(1);
    expect(result.perLatent).toEqual({ firings: [3, 0], alignmentScores: [1, 1] });
    expect(result.definitions.explainedVariance).toMatchObject({
      id: "explained-variance.global",
      version: 1,
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("gives the same result however tokens are batched", async () => {
    const token = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fc.array(token, { minLength: 1 }), fc.nat(9), async (tokens, cut) => {
        const batches = [tokens.slice(0, cut).flat(), tokens.slice(cut).flat()];
        const whole = await evaluateSae({ inference, form, batches: stream(tokens.flat()), dIn: 2 });
        expect(await evaluateSae({ inference, form, batches: stream(...batches), dIn: 2 })).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  test("has nothing to say about no tokens, and leaves directions out without a form", async () => {
    const result = await evaluateSae({ inference, batches: stream(), dIn: 2 });
    expect(result.nTokens).toBe(0);
    expect(result.directions).toBeUndefined();
    expect(result.reconstruction.squaredErrorPerToken).toEqual({ value: null, reason: "no tokens" });
    const withForm = await evaluateSae({ inference, form, batches: stream(), dIn: 2 });
    expect(withForm.directions?.alignment.alive).toBeUndefined();
  });

  test("keeps weights that are not finite out of the numbers", async () => {
    const broken = { ...form, encoder: Float32Array.of(Number.NaN, 0, 0, 1) };
    const result = await evaluateSae({ inference, form: broken, batches: stream([1, 1]), dIn: 2 });
    expect(result.perLatent.alignmentScores).toEqual([null, 1]);
    expect(result.directions?.encoderNorm.mean).toEqual({
      value: null,
      reason: "some values are not finite",
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("leaves latents without a direction out of the cosine", async () => {
    const zeroRow = { ...form, encoder: Float32Array.of(0, 0, 0, 1) };
    const result = await evaluateSae({ inference, form: zeroRow, batches: stream([1, 1]), dIn: 2 });
    expect(result.directions?.cosine).toMatchObject({ n: 1, mean: { value: 1 } });
  });

  test("states the tokens that dead latents were silent for", async () => {
    const result = await evaluateSae({
      inference,
      batches: stream([1, 0, 0, 1]),
      dIn: 2,
      deadAfterTokens: 1,
    });
    expect(result.sparsity.deadLatents).toMatchObject({ count: { value: 1 }, nTokens: 1 });
  });

  test("reports progress in tokens and stops on its signal", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const run = evaluateSae({
      inference,
      batches: stream([1, 0], [1, 0, 1, 0], [1, 0]),
      dIn: 2,
      signal: controller.signal,
      onProgress: ({ nTokens }) => {
        seen.push(nTokens);
        if (nTokens === 3) controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "aborted", kind: "interrupted" });
    expect(seen).toEqual([1, 3]);
  });

  test("refuses widths that do not fit", async () => {
    const batches = (): AsyncGenerator<Float32Array> => stream([1, 2, 3]);
    await expect(evaluateSae({ inference, batches: batches(), dIn: 3 })).rejects.toThrow("dIn 3, got 2");
    await expect(evaluateSae({ inference, batches: batches(), dIn: 2 })).rejects.toThrow("whole rows of 2");
    const otherForm = { ...form, dSae: 3 };
    await expect(evaluateSae({ inference, form: otherForm, batches: batches(), dIn: 2 })).rejects.toThrow(
      "dSae 2",
    );
    const halfEncoder = {
      ...inference,
      encode: async () => sparseFromDense(new Float32Array(2), { nRows: 1, dSae: 2 }),
    };
    await expect(
      evaluateSae({ inference: halfEncoder, batches: stream([1, 2, 3, 4]), dIn: 2 }),
    ).rejects.toThrow("2 rows");
  });
});
