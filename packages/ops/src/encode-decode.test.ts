import {
  grads,
  memory,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { denseDecode, sparseDecode } from "./decode.ts";
import { expectGradient, normalTensor } from "./gradient.test-support.ts";
import { preActivations } from "./pre-activations.ts";
import { selectPreActivations } from "./select-pre-activations.ts";
import { denseFromSelection, firingCounts, largest, type Selection } from "./selection.ts";

const x_BD = normalTensor([3, 4], 1) as Tensor2D;
const weights = [normalTensor([5, 4], 2), normalTensor([5], 3), normalTensor([4], 4)];
const encoder = (e: Tensor, b: Tensor, c: Tensor) => ({
  x_BD,
  encoder_FD: e as Tensor2D,
  encoderBias_F: b as Tensor1D,
  center_D: c as Tensor1D,
});

/** K of 40 latents is sparse enough for the gathered path (K · 20 ≤ F), K of 5 is not. */
const many = [normalTensor([40, 4], 5), normalTensor([40], 6), normalTensor([4], 7)];

function chosen(all: Tensor[], k: number): Selection {
  const [e, b, c] = all as [Tensor, Tensor, Tensor];
  return largest(preActivations(encoder(e, b, c)), { k });
}

suite("preActivations()", () => {
  test("is (x − center) · encoderᵀ + bias", () => {
    // Row (1, 2) − (1, 1) = (0, 1); with encoder rows (3, 4), (5, 6): 4, 6; plus bias (10, 20): 14, 26.
    const preActs = preActivations({
      x_BD: tensor2d([[1, 2]]),
      encoder_FD: tensor2d([
        [3, 4],
        [5, 6],
      ]),
      encoderBias_F: tensor1d([10, 20]),
      center_D: tensor1d([1, 1]),
    });
    expect([...preActs.dataSync()]).toEqual([14, 26]);
  });

  test("has the gradients of finite differences", () => {
    expectGradient((e, b, c) => preActivations(encoder(e as Tensor, b as Tensor, c as Tensor)), weights);
  });
});

suite("selectPreActivations()", () => {
  for (const composition of ["rows", "dense"] as const) {
    test(`has the values and gradients of the dense form, composed as ${composition}`, () => {
      const selection = chosen(weights, 3);
      const dSae = weights[0]?.shape[0] ?? 0;
      const sparse = grads((e: Tensor, b: Tensor, c: Tensor) => {
        const values_BK = selectPreActivations(encoder(e, b, c), selection, { composition });
        return sum(denseFromSelection({ ...selection, values_BK }, { dSae }).square());
      })([...weights]);
      const mask = denseFromSelection(
        { ...selection, values_BK: selection.values_BK.onesLike() as Tensor2D },
        { dSae },
      );
      const dense = grads((e: Tensor, b: Tensor, c: Tensor) =>
        sum(
          preActivations(encoder(e, b, c))
            .mul(mask)
            .square(),
        ),
      )([...weights]);
      sparse.forEach((gradient, i) => {
        const expected = dense[i]?.dataSync() ?? new Float32Array();
        gradient.dataSync().forEach((value, j) => {
          expect(value).toBeCloseTo(expected[j] ?? Number.NaN, 4);
        });
      });
    });
  }
});

suite("sparseDecode()", () => {
  for (const composition of ["rows", "dense"] as const) {
    test(`equals the dense decoder and finite differences, composed as ${composition}`, () => {
      const { values_BK, indices_BK } = chosen(weights, 3);
      const [decoder_FD, , decoderBias_D] = weights as unknown as [Tensor2D, Tensor1D, Tensor1D];
      const dSae = decoder_FD.shape[0];
      const decode = (v: Tensor, d: Tensor, b: Tensor): Tensor2D =>
        sparseDecode(
          { values_BK: v as Tensor2D, indices_BK },
          { decoder_FD: d as Tensor2D, decoderBias_D: b as Tensor1D },
          { composition },
        );
      const dense = denseDecode(denseFromSelection({ values_BK, indices_BK }, { dSae }), {
        decoder_FD,
        decoderBias_D,
      });
      const expected = dense.dataSync();
      decode(values_BK, decoder_FD, decoderBias_D)
        .dataSync()
        .forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
        });
      expectGradient(
        (v, d, b) => decode(v as Tensor, d as Tensor, b as Tensor),
        [values_BK, decoder_FD, decoderBias_D],
      );
    });
  }

  test("leaves no tensors behind", () => {
    const { values_BK, indices_BK } = chosen(many, 2);
    const [decoder_FD, , decoderBias_D] = many as unknown as [Tensor2D, Tensor1D, Tensor1D];
    const before = memory().numTensors;
    const results = tidy(() =>
      grads((v: Tensor, d: Tensor) =>
        sum(
          sparseDecode(
            { values_BK: v as Tensor2D, indices_BK },
            { decoder_FD: d as Tensor2D, decoderBias_D },
          ),
        ),
      )([values_BK, decoder_FD]),
    );
    expect(memory().numTensors - before).toBe(2);
    for (const result of results) result.dispose();
  });
});

suite("denseDecode()", () => {
  test("has the gradients of finite differences", () => {
    expectGradient(
      (l, d, b) => denseDecode(l as Tensor2D, { decoder_FD: d as Tensor2D, decoderBias_D: b as Tensor1D }),
      [normalTensor([3, 5], 8), normalTensor([5, 4], 9), normalTensor([4], 10)],
    );
  });
});

suite("firingCounts()", () => {
  test("counts positive values by latent", () => {
    // Latent 0 is chosen twice, once with 0; latent 2 fires once; latent 1 is chosen with a negative value.
    const values_BK = tensor2d([
      [1, 2],
      [0, -3],
    ]);
    const indices_BK = tensor2d(
      [
        [0, 2],
        [0, 1],
      ],
      [2, 2],
      "int32",
    );
    expect([...firingCounts({ values_BK, indices_BK }, { dSae: 4 }).dataSync()]).toEqual([1, 0, 1, 0]);
  });
});
