import { preActivations } from "@plumbline/ops";
import { relu as positivePart, type Tensor, type Tensor2D, tensor, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { batchTopK } from "../batch-topk/batch-topk.ts";
import { evaluate } from "../by-hand.test-support.ts";
import {
  at,
  decode64,
  normals,
  preActs64,
  randomSae,
  tensorsFrom,
  tensorsOf,
  tokensOf,
} from "../float64.test-support.ts";
import { topK } from "../topk/topk.ts";
import { decoderNorms, foldDecoderNorms } from "./decoder-norm.ts";
import { encoderOf } from "./parameters.ts";

const sae = randomSae(4, 9, 21);
const norms = Array.from({ length: 9 }, (_, i) => Math.hypot(...sae.decoder.slice(i * 4, i * 4 + 4)));
const x = normals(7 * 4, 5);
const tokens = tokensOf(x, 4);
const x_BD = tensor2d(Float32Array.from(x), [7, 4]);

function expectClose(actual: Tensor | undefined, expected: readonly number[]): void {
  const values = actual?.dataSync() ?? [];
  expect(values.length).toBe(expected.length);
  // Sums of some ten float32 products of order one.
  expected.forEach((value, i) => {
    expect(Math.abs(at(values, i) - value), `entry ${i}`).toBeLessThan(1e-5);
  });
}

suite("foldDecoderNorms()", () => {
  test("gives rows of norm 1, latents times norms, and the same reconstruction", () => {
    const folded = foldDecoderNorms(tensorsOf(sae));
    expectClose(
      decoderNorms(folded.decoder as Tensor2D),
      norms.map(() => 1),
    );
    const latents_BF = positivePart(preActivations(encoderOf(folded, x_BD)));
    const free = tokens.map((token) => preActs64(sae, token).map((value) => Math.max(value, 0)));
    expectClose(
      latents_BF,
      free.flatMap((values) => values.map((value, i) => value * at(norms, i))),
    );
    expectClose(
      topK().decode(folded, latents_BF),
      free.flatMap((values) => decode64(sae, values, true)),
    );
    expect([...(folded.decoderBias?.dataSync() ?? [])]).toEqual([...sae.decoderBias]);
  });

  test("leaves parameters that it does not know, and a row of zeros at zero", () => {
    const decoder = tensor2d([
      [0, 0],
      [3, 4],
    ]);
    const rows = tensor2d([
      [1, 2],
      [1, 2],
    ]);
    const rest = { encoderBias: tensor([1, 1]), decoderBias: tensor([0, 0]), gate: tensor([7]) };
    const folded = foldDecoderNorms({ encoder: rows, decoder, ...rest });
    expect([...(folded.encoder?.dataSync() ?? [])]).toEqual([0, 0, 5, 10]);
    expect([...(folded.encoderBias?.dataSync() ?? [])]).toEqual([0, 5]);
    expectClose(folded.decoder, [0, 0, 0.6, 0.8]);
    expect([...(folded.gate?.dataSync() ?? [])]).toEqual([7]);
  });
});

/** Latents of one token in float64: of those that `keeps` chooses by value times norm, the value times norm. */
const weighted = (token: readonly number[]): number[] =>
  preActs64(sae, token).map((value, i) => Math.max(value, 0) * at(norms, i));

suite("free decoder rows, as SAELens has them", () => {
  const free = { decoderRows: "free" } as const;

  test("topk ranks by value times norm, and what is saved does so by value alone", () => {
    const architecture = topK({ k: 3, ...free });
    const kept = tokens.map((token) => {
      const values = weighted(token);
      const limit = [...values].sort((a, b) => b - a)[2] ?? 0;
      return values.map((value) => (value >= limit ? value : 0));
    });
    const latents_BF = architecture.encode(tensorsOf(sae), {}, x_BD);
    expectClose(latents_BF, kept.flat());
    // x̂ = Σ (value · norm) · (row / norm) + bias: norms cancel.
    const unfolded = kept.map((values) =>
      decode64(
        sae,
        values.map((value, i) => value / at(norms, i)),
        true,
      ),
    );
    expectClose(architecture.decode(tensorsOf(sae), latents_BF), unfolded.flat());
    const { tensors, activation, subtractDecoderBias } = architecture.inference(tensorsOf(sae), {});
    expect([activation, subtractDecoderBias]).toEqual([{ kind: "topk", k: 3 }, true]);
    expectClose(
      tensors.encoderBias,
      norms.map((norm, i) => norm * at(sae.encoderBias, i)),
    );
  });

  test("topk does not do so where it is told to rank by value", () => {
    const architecture = topK({ k: 3, ...free, rankByDecoderNorm: false });
    const kept = tokens.map((token) => {
      const values = preActs64(sae, token).map((value) => Math.max(value, 0));
      const limit = [...values].sort((a, b) => b - a)[2] ?? 0;
      return values.map((value) => (value >= limit ? value : 0));
    });
    expectClose(architecture.encode(tensorsOf(sae), {}, x_BD), kept.flat());
    expect(architecture.inference(tensorsOf(sae), {}).tensors.encoder?.dataSync()).toEqual(
      Float32Array.from(sae.encoder),
    );
  });

  test("a row of zeros never fires where norms rank, in training as at inference", () => {
    // Both latents are 1 on the token, and k has room for both; the first is 1 times a norm of 0.
    const parameters = {
      encoder: [
        [1, 0],
        [1, 0],
      ],
      encoderBias: [0, 0],
      decoder: [
        [0, 0],
        [0, 1],
      ],
      decoderBias: [0, 0],
    };
    for (const make of [topK, batchTopK]) {
      const buffers = { tokensSinceFired: [5, 5] };
      const got = evaluate(make({ k: 2, ...free }), { parameters, x: [[1, 0]], buffers });
      expect(got.statistics.l0).toBe(1);
      expect(got.buffers.tokensSinceFired).toEqual([6, 0]);
      expect(got.gradients(["reconstruction"]).decoder).toEqual([0, 0, -2, 2]);
    }
  });

  test("batch-topk applies its threshold to values times norms", () => {
    const architecture = batchTopK({ k: 3, ...free });
    const buffers = tensorsFrom({ threshold: { shape: [1], data: Float32Array.of(0.4) } });
    const kept = tokens.map((token) => weighted(token).map((value) => (value > 0.4 ? value : 0)));
    expect(kept.flat().filter((value) => value > 0).length).toBeGreaterThan(5);
    expectClose(architecture.encode(tensorsOf(sae), buffers, x_BD), kept.flat());
    const { tensors, activation } = architecture.inference(tensorsOf(sae), buffers);
    expect(activation).toEqual({ kind: "jumprelu" });
    expectClose(
      tensors.threshold,
      norms.map(() => 0.4),
    );
  });
});
