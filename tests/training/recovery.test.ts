import { aligned } from "@plumbline/aligned";
import { topK } from "@plumbline/architectures";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { type Architecture, createRandom } from "@plumbline/core";
import { meanMaxCosine, memoryBatches, sampleOf, toySuperposition } from "@plumbline/testing";
import { neg, type Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";

const dIn = 32;
const toy = toySuperposition({ dIn, nLatents: 48, nRows: 20_000, l0: 2.5, seed: 4 });

/** Trains on the toy data and says how well the true directions were found. */
async function recoveredBy(architecture: Architecture<Tensor>): Promise<number> {
  const engine = await tfjsWasmBackend.createEngine({
    architecture,
    dIn,
    dSae: 64,
    random: createRandom(3),
    sample: sampleOf(toy.rows, dIn),
  });
  const nSteps = 800;
  let step = 0;
  for await (const batch of memoryBatches({ rows: toy.rows, dIn, seed: 0 }).batches({
    batchSize: 256,
    startStep: 0,
  })) {
    const lr = 3e-3 * Math.min(1, (nSteps - step) / (0.2 * nSteps));
    await engine.step(batch, { lr, scalars: {}, clipNorm: 1, wantStats: false });
    if (++step === nSteps) break;
  }
  const { decoder } = await engine.inference();
  engine.dispose();
  return meanMaxCosine(toy.directions, decoder, dIn);
}

/** The same architecture with the encoder's gradient reversed: what a sign error would make of it. */
function withBrokenGradient(architecture: Architecture<Tensor>, parameter: string): Architecture<Tensor> {
  return {
    ...architecture,
    constrain: {
      afterStep: (parameters) => architecture.constrain?.afterStep(parameters) ?? {},
      gradient: (gradients, parameters) => ({
        ...architecture.constrain?.gradient(gradients, parameters),
        [parameter]: neg(gradients[parameter] as Tensor),
      }),
    },
  };
}

const config = { k: 3, auxkCoefficient: 1 / 32, deadAfterTokens: 10_000 };

suite("toy data with known latents", () => {
  test("topk recovers them", async () => {
    expect(await recoveredBy(topK(config))).toBeGreaterThan(0.9);
  });

  test("aligned topk recovers them", async () => {
    expect(await recoveredBy(aligned(topK(config)))).toBeGreaterThan(0.9);
  });

  test("a reversed encoder gradient does not: this measure sees a broken gradient", async () => {
    expect(await recoveredBy(withBrokenGradient(topK(config), "encoder"))).toBeLessThan(0.9);
  });

  test("a reversed gradient of the free rows does not either", async () => {
    expect(await recoveredBy(withBrokenGradient(aligned(topK(config)), "encoderFree"))).toBeLessThan(0.9);
  });
});
