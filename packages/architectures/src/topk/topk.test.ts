import { createRandom } from "@plumbline/core";
import { addN, type Scalar, type Tensor, tensor, tensor2d, valueAndGrads } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import {
  at,
  decode64,
  differences,
  normals,
  preActs64,
  randomSae,
  residuals,
  type Sae64,
  spread,
  squares,
  tensorsOf,
  tokensOf,
  topK64,
} from "../float64.test-support.ts";
import type { TopKConfig } from "./config.ts";
import { topK } from "./topk.ts";

/** Sums of some dozens of float32 products of order one. */
const tolerance = 1e-5;

function run(sae: Sae64, x: ArrayLike<number>, config: Partial<TopKConfig>, silentTokens: readonly number[]) {
  const architecture = topK(config);
  const parameters = tensorsOf(sae);
  const buffers = { tokensSinceFired: tensor([...silentTokens], [sae.dSae], "int32") };
  const x_BD = tensor2d(Float32Array.from(x), [x.length / sae.dIn, sae.dIn]);
  const lossOf = (named: Record<string, Tensor>) =>
    architecture.loss({ parameters: named, buffers, x_BD, scalars: {} });
  const out = lossOf(parameters);
  const numbers = (named: Readonly<Record<string, Tensor>>): Record<string, number> =>
    Object.fromEntries(Object.entries(named).map(([name, t]) => [name, t.dataSync()[0] ?? Number.NaN]));
  const gradientOf = (term: string): Record<string, ArrayLike<number>> => {
    const names = Object.keys(parameters);
    const { grads } = valueAndGrads(
      (...values: Tensor[]) =>
        addN([
          lossOf(Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor]))).terms[
            term
          ] as Tensor,
        ]) as Scalar,
    )(names.map((name) => parameters[name] as Tensor));
    return Object.fromEntries(names.map((name, i) => [name, grads[i]?.dataSync() ?? []]));
  };
  return {
    terms: numbers(out.terms),
    statistics: numbers(out.statistics),
    tokensSinceFired: [...(out.buffers.tokensSinceFired?.dataSync() ?? [])],
    gradientOf,
  };
}

/** `Σ‖r − r̂‖² / Σ‖r − mean r‖²`, r fixed: what AuxK is without its weight. */
function auxk64(
  sae: Sae64,
  x: readonly number[][],
  r: readonly number[][],
  dead: readonly boolean[],
  k: number,
) {
  const rebuilt = x.map((token) => {
    const preActs = preActs64(sae, token).map((value, i) =>
      dead[i] === true ? value : Number.NEGATIVE_INFINITY,
    );
    return decode64(sae, topK64(preActs, k), false);
  });
  return squares(residuals(r as number[][], rebuilt)) / spread(r);
}

suite("topK() by hand", () => {
  // Two tokens of two dimensions, three latents, k = 1. Biases are 0 but for latent 0, which has −1.
  const sae: Sae64 = {
    dIn: 2,
    dSae: 3,
    encoder: Float64Array.of(1, 0, 0, 1, 0.5, 0.5),
    encoderBias: Float64Array.of(-1, 0, 0),
    decoder: Float64Array.of(1, 0, 0, 1, 0.6, 0.8),
    decoderBias: Float64Array.of(0, 0),
  };
  const x = [2, 0, 0, 1];
  const config = { k: 1, auxkCoefficient: 1 / 32, auxk: 1, deadAfterTokens: 10 };

  test("reconstruction, statistics and AuxK", () => {
    const { terms, statistics, tokensSinceFired } = run(sae, x, config, [3, 3, 8]);
    // preActs: token 0 (1, 0, 1), a tie that goes to latent 0; token 1 (−1, 1, 0.5), latent 1.
    // x̂: (1, 0) and (0, 1), so the residual is (1, 0) and (0, 0): squared error 1 over 2 tokens.
    expect(terms.reconstruction).toBeCloseTo(0.5, 6);
    // One latent a token; x has spread 2.5 about its mean (1, 0.5), so 1 − 1 / 2.5.
    expect(statistics.l0).toBe(1);
    expect(statistics.explainedVariance).toBeCloseTo(0.6, 6);
    // Latents 0 and 1 fired; latent 2 has been silent for 8 + 2 tokens, which is the limit.
    expect(tokensSinceFired).toEqual([0, 0, 10]);
    expect(statistics.deadLatents).toBe(1);
    // AuxK: latent 2 rebuilds the residual as 1 · (0.6, 0.8) and 0.5 · (0.6, 0.8). Errors (0.4, −0.8) and (−0.3, −0.4):
    // 0.8 + 0.25 = 1.05. The residual's mean is (0.5, 0), its spread 0.25 + 0.25. 1.05 / 0.5 / 32.
    expect(terms.auxk).toBeCloseTo(2.1 / 32, 6);
  });

  test("AuxK with room for more than the dead latents takes none of the alive ones", () => {
    const { terms } = run(sae, x, { ...config, auxk: 3 }, [3, 3, 8]);
    expect(terms.auxk).toBeCloseTo(2.1 / 32, 6);
  });

  test("AuxK is 0, with no gradient, where no latent is dead", () => {
    const { terms, gradientOf } = run(sae, x, config, [0, 0, 0]);
    expect(terms.auxk).toBe(0);
    for (const gradient of Object.values(gradientOf("auxk"))) {
      for (const value of Array.from(gradient)) expect(Math.abs(value)).toBe(0);
    }
  });

  test("AuxK is 0, with no gradient, where the residual has no variance", () => {
    // With bias 0 for latent 0 both tokens are reconstructed exactly.
    const exact = { ...sae, encoderBias: Float64Array.of(0, 0, 0) };
    const { terms, statistics, gradientOf } = run(exact, x, config, [3, 3, 8]);
    expect(statistics.explainedVariance).toBe(1);
    expect(statistics.deadLatents).toBe(1);
    expect(terms.auxk).toBe(0);
    for (const gradient of Object.values(gradientOf("auxk"))) {
      for (const value of Array.from(gradient)) expect(Math.abs(value)).toBe(0);
    }
  });

  test("a latent that is chosen with nothing to say has not fired", () => {
    // Token (−1, −1): preActs (−2, −1, −1); latent 1 is chosen and ReLU makes it 0.
    const { statistics, tokensSinceFired } = run(sae, [-1, -1], config, [3, 3, 8]);
    expect(statistics.l0).toBe(0);
    expect(tokensSinceFired).toEqual([4, 4, 9]);
  });

  test("counting stops long before int32 ends", () => {
    const { tokensSinceFired } = run(sae, [-1, -1], config, [2 ** 30 - 1, 2 ** 30, 0]);
    expect(tokensSinceFired).toEqual([2 ** 30, 2 ** 30, 1]);
  });
});

suite("topK() against float64", () => {
  const sae = randomSae(5, 14, 11);
  const x = tokensOf(normals(9 * 5, 40), 5);
  const flat = x.flat();
  const latents = x.map((token) => topK64(preActs64(sae, token), 3));
  const residual = residuals(
    x,
    latents.map((values) => decode64(sae, values, true)),
  );
  const silent = latents[0]?.map((_, i) => latents.every((values) => values[i] === 0)) ?? [];
  const config = { k: 3, auxkCoefficient: 0.25, auxk: 2, deadAfterTokens: 50 };
  const counts = sae.encoderBias.map((_, i) => (i % 2 === 0 ? 45 : 0));
  const dead = silent.map((isSilent, i) => isSilent && at(counts, i) + 9 >= 50);

  test("terms, statistics and buffers", () => {
    expect(dead.filter(Boolean).length).toBeGreaterThan(1);
    const got = run(sae, flat, config, [...counts]);
    expect(got.terms.reconstruction).toBeCloseTo(squares(residual) / 9, 5);
    expect(got.statistics.explainedVariance).toBeCloseTo(1 - squares(residual) / spread(x), 5);
    expect(got.statistics.l0).toBeCloseTo(latents.flat().filter((value) => value > 0).length / 9, 6);
    expect(got.statistics.deadLatents).toBe(dead.filter(Boolean).length);
    expect(got.terms.auxk).toBeCloseTo(0.25 * auxk64(sae, x, residual, dead, 2), 5);
    expect(got.tokensSinceFired).toEqual(silent.map((isSilent, i) => (isSilent ? at(counts, i) + 9 : 0)));
  });

  test("AuxK's gradient, the residual held fixed, reaches dead latents only", () => {
    const gradient = run(sae, flat, config, [...counts]).gradientOf("auxk");
    let nAlive = 0;
    differences(
      sae,
      (changed) => 0.25 * auxk64(changed, x, residual, dead, 2),
      (name, i, difference) => {
        const value = at(gradient[name] ?? [], i);
        expect(Math.abs(value - difference), `${name}[${i}]`).toBeLessThan(
          tolerance * (1 + Math.abs(difference)),
        );
        const latent = name === "encoderBias" ? i : Math.floor(i / sae.dIn);
        if (name !== "decoderBias" && dead[latent] !== true) {
          nAlive += 1;
          expect(Math.abs(value)).toBe(0);
        }
      },
    );
    expect(nAlive).toBeGreaterThan(0);
  });

  test("auxk of 0 means half of dIn", () => {
    const got = run(sae, flat, { ...config, auxk: 0 }, [...counts]);
    // dIn is 5: 2 latents.
    expect(got.terms.auxk).toBeCloseTo(0.25 * auxk64(sae, x, residual, dead, 2), 5);
  });

  test("there is no AuxK term unless asked for", () => {
    expect(Object.keys(run(sae, flat, { k: 3 }, [...counts]).terms)).toEqual(["reconstruction"]);
  });
});

suite("topK() as a value", () => {
  test("refuses a k above dSae when an engine is made, naming the key", () => {
    const attempt = (): void => topK({ k: 9 }).check({ dIn: 4, dSae: 8 });
    expect(attempt).toThrowError(/expected k of at most dSae = 8, got 9 \(key architecture\.k\)/);
    expect(() => topK({ k: 8 }).check({ dIn: 4, dSae: 8 })).not.toThrow();
  });

  test("starts from unit decoder rows, the encoder a multiple of them, the bias at the mean", () => {
    const sample = { rows: new Float32Array(4), nRows: 1, mean: Float32Array.of(1, 2, 3, 4) };
    const init = topK({ encoderInit: 0.5 }).init({ dIn: 4, dSae: 6, random: createRandom(1), sample });
    const decoder = init.decoder?.data ?? [];
    expect([...(init.decoderBias?.data ?? [])]).toEqual([1, 2, 3, 4]);
    expect([...(init.encoderBias?.data ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...(init.encoder?.data ?? [])]).toEqual(Array.from(decoder, (value) => value * 0.5));
    for (let row = 0; row < 6; row++) {
      expect(Math.hypot(...Array.from(decoder).slice(row * 4, row * 4 + 4))).toBeCloseTo(1, 6);
    }
  });
});
