import { tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { buffersOf, evaluate, type Numbers, refusal, tensorsOfNumbers } from "../by-hand.test-support.ts";
import { groupSizes, matryoshkaBatchTopK } from "../matryoshka-batch-topk/matryoshka-batch-topk.ts";
import { topK } from "../topk/topk.ts";
import { batchTopK } from "./batch-topk.ts";

/** Pre-activations are the token, its sum and its half sum. */
const parameters: Numbers = {
  encoder: [
    [1, 0],
    [0, 1],
    [1, 1],
    [0.5, 0.5],
  ],
  encoderBias: [0, 0, 0, 0],
  decoder: [
    [1, 0],
    [0, 1],
    [0.6, 0.8],
    [0.8, 0.6],
  ],
  decoderBias: [0, 0],
};
const x = [
  [4, 0],
  [1, 2],
];

suite("batchTopK()", () => {
  test("shares k · B latents between the tokens of a batch", () => {
    // Pre-activations (4, 0, 4, 2) and (1, 2, 3, 1.5). The two largest: both fours of token 0.
    // x̂ = 4 (1.6, 0.8) = (6.4, 3.2) and (0, 0); r = (−2.4, −3.2) and (1, 2): (16 + 5) / 2.
    const got = evaluate(batchTopK({ k: 1 }), { parameters, x });
    expect(got.terms.reconstruction).toBeCloseTo(10.5, 5);
    expect(got.statistics.l0).toBe(1);
    expect(got.buffers.tokensSinceFired).toEqual([0, 2, 0, 2]);
    expect(got.buffers.threshold).toEqual([4]);
    expect(got.buffers.batches).toEqual([1]);
  });

  test("keeps latents over the threshold at inference, token by token, strictly", () => {
    const architecture = batchTopK({ k: 1 });
    const buffers = buffersOf(architecture, 4, { threshold: [2] });
    const latents = architecture.encode(tensorsOfNumbers(parameters), buffers, tensor2d(x));
    // Two values of exactly 2 are out.
    expect([...latents.dataSync()]).toEqual([4, 0, 4, 0, 0, 0, 3, 0]);
    const form = architecture.inference(tensorsOfNumbers(parameters), buffers);
    expect(form.activation).toEqual({ kind: "jumprelu" });
    expect([...(form.tensors.threshold?.dataSync() ?? [])]).toEqual([2, 2, 2, 2]);
  });

  test("keeps every positive latent while there is no threshold yet, and no negative one", () => {
    const architecture = batchTopK({ k: 1, thresholdAfterBatches: 100 });
    const latents = architecture.encode(
      tensorsOfNumbers(parameters),
      buffersOf(architecture, 4),
      tensor2d([[3, -1]]),
    );
    expect([...latents.dataSync()]).toEqual([3, 0, 2, 1]);
  });

  test("takes k from the control where it is annealed, and at most dSae", () => {
    const annealed = batchTopK({ k: 1, annealK: true });
    expect(annealed.controls).toEqual(["k"]);
    expect(batchTopK({ k: 1 }).controls).toEqual([]);
    const l0At = (k: number): number | undefined =>
      evaluate(annealed, { parameters, x, scalars: { k } }).statistics.l0;
    expect(l0At(1)).toBe(1);
    expect(l0At(1.5)).toBe(1.5);
    // All but the one that is 0.
    expect(l0At(99)).toBe(3.5);
  });

  test("ranks by value times norm where rows are free, and measures its threshold so", () => {
    const free: Numbers = {
      ...parameters,
      decoder: [
        [1, 0],
        [0, 1],
        [0.6, 0.8],
        [8, 6],
      ],
    };
    // Values times norms (4, 0, 4, 20) and (1, 2, 3, 15): latent 3 twice, of value 2 and 1.5. Threshold 15, not 1.5.
    const got = evaluate(batchTopK({ k: 1, decoderRows: "free" }), { parameters: free, x });
    expect(got.buffers.tokensSinceFired).toEqual([2, 2, 2, 0]);
    expect(got.buffers.threshold?.[0]).toBeCloseTo(15, 4);
    // r = (4, 0) − 2 (8, 6) = (−12, −12); (1, 2) − 1.5 (8, 6) = (−11, −7): (288 + 170) / 2.
    expect(got.terms.reconstruction).toBeCloseTo(229, 3);
    const byValue = { decoderRows: "free", rankByDecoderNorm: false } as const;
    const plain = evaluate(batchTopK({ k: 1, ...byValue }), { parameters: free, x });
    expect(plain.buffers.tokensSinceFired).toEqual([0, 2, 0, 2]);
    expect(plain.buffers.threshold).toEqual([4]);
  });
});

suite("topK() with a k of its own for each step", () => {
  test("takes the whole part of the control, in 1 … dSae, and infers with the configured k", () => {
    const annealed = topK({ k: 1, annealK: true });
    expect(annealed.controls).toEqual(["k"]);
    const l0At = (k: number): number | undefined =>
      evaluate(annealed, { parameters, x: [[1, 2]], scalars: { k } }).statistics.l0;
    expect([0.3, 1, 2.9, 3, 99].map(l0At)).toEqual([1, 1, 2, 3, 4]);
    expect(annealed.inference(tensorsOfNumbers(parameters), {}).activation).toEqual({ kind: "topk", k: 1 });
    const latents = annealed.encode(tensorsOfNumbers(parameters), {}, tensor2d([[1, 2]]));
    expect([...latents.dataSync()]).toEqual([0, 0, 3, 0]);
  });
});

suite("groupSizes()", () => {
  test("takes whole parts, the last group what they leave", () => {
    expect(groupSizes([1 / 32, 1 / 16, 1 / 8, 1 / 4, 17 / 32], 64)).toEqual([2, 4, 8, 16, 34]);
    expect(groupSizes([0.3, 0.3, 0.4], 10)).toEqual([3, 3, 4]);
    expect(groupSizes([0.5, 0.5], 7)).toEqual([3, 4]);
    expect(groupSizes([1], 5)).toEqual([5]);
  });

  test("gives n for every fraction n / dSae, however it rounds", () => {
    for (let dSae = 2; dSae < 200; dSae++) {
      for (let n = 1; n < dSae; n++)
        expect(groupSizes([n / dSae, 1 - n / dSae], dSae)).toEqual([n, dSae - n]);
    }
  });
});

suite("matryoshkaBatchTopK()", () => {
  const half = { k: 2, groupFractions: [0.5, 0.5] };

  test("weighs the errors of the prefixes, the decoder bias in each", () => {
    // k · B = 2 of one token (3, 1), bias (1, 0): centred (2, 1), pre-activations (2, 1, 3, 1.5): latents 0 and 2 are kept.
    // Prefix 1: (1, 0) + 2 (1, 0) = (3, 0), error 1. Prefix 2: + 3 (0.6, 0.8) = (4.8, 2.4): 1.8² + 1.4² = 5.2.
    const given = { parameters: { ...parameters, decoderBias: [1, 0] }, x: [[3, 1]] };
    expect(evaluate(matryoshkaBatchTopK(half), given).terms.reconstruction).toBeCloseTo(3.1, 5);
    const weighted = matryoshkaBatchTopK({ ...half, prefixWeights: [1, 0.25] });
    expect(evaluate(weighted, given).terms.reconstruction).toBeCloseTo(1 + 1.3, 5);
    // The statistic is of the whole reconstruction: one token, so no variance; its residual still is that of batch-topk.
    const plain = evaluate(batchTopK({ k: 2 }), given);
    expect(plain.terms.reconstruction).toBeCloseTo(5.2, 5);
  });

  test("is batch-topk where there is one group", () => {
    const given = { parameters, x };
    const one = evaluate(matryoshkaBatchTopK({ k: 1, groupFractions: [1] }), given);
    const plain = evaluate(batchTopK({ k: 1 }), given);
    expect(one.terms.reconstruction).toBeCloseTo(plain.terms.reconstruction ?? Number.NaN, 5);
    expect(one.statistics.explainedVariance).toBeCloseTo(plain.statistics.explainedVariance ?? Number.NaN, 5);
    expect(one.buffers).toEqual(plain.buffers);
  });

  test("holds the first groups to reconstruct alone: the last prefix does not train with the first one's weight", () => {
    const only = (prefixWeights: readonly number[]) =>
      evaluate(matryoshkaBatchTopK({ ...half, prefixWeights }), { parameters, x: [[2, 1]] }).gradients();
    // Weight on the first prefix alone: latents of the second group, 2 and 3, get nothing.
    const first = only([1, 0]);
    expect(first.decoder?.slice(4).map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(first.encoder?.slice(4).map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(
      only([0, 1])
        .decoder?.slice(4, 6)
        .every((value) => value !== 0),
    ).toBe(true);
  });

  test.each([
    [{ groupFractions: [0.5, 0.4] }, "groupFractions", "expected fractions that sum to 1"],
    [{ groupFractions: [] }, "groupFractions", ""],
    [{ groupFractions: [1.5, -0.5] }, "groupFractions.1", ""],
    [{ ...half, prefixWeights: [1] }, "prefixWeights", "expected one weight for each group, or none"],
    [{ ...half, prefixWeights: [1, -1] }, "prefixWeights.1", ""],
  ])("refuses %j, naming the key", (config, key, words) => {
    const error = refusal(() => matryoshkaBatchTopK(config));
    expect(error.code).toBe("bad-config");
    expect(error.where).toContain(`key ${key}`);
    expect(error.message).toContain(words);
  });

  test("refuses a group without latents when an engine is made", () => {
    const error = refusal(() => matryoshkaBatchTopK({ k: 2 }).check({ dIn: 4, dSae: 31 }));
    expect(error).toMatchObject({ code: "empty-group", where: "key architecture.groupFractions" });
    expect(error.message).toContain("got 0, 1, 3, 7, 20 of 31");
    expect(() => matryoshkaBatchTopK({ k: 2 }).check({ dIn: 4, dSae: 32 })).not.toThrow();
  });
});

suite("k above dSae", () => {
  test.each([topK, batchTopK, matryoshkaBatchTopK])("is refused when an engine is made: %#", (factory) => {
    const architecture = (factory as typeof topK)({ k: 65 });
    const error = refusal(() => architecture.check({ dIn: 4, dSae: 64 }));
    expect(error).toMatchObject({ code: "k-too-large", where: "key architecture.k" });
    expect(error.message).toContain(`${architecture.name}: expected k of at most dSae = 64, got 65`);
    expect(() => architecture.check({ dIn: 4, dSae: 65 })).not.toThrow();
  });
});
