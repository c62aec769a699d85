import { aligned } from "@plumbline/aligned";
import { batchTopK, matryoshkaBatchTopK } from "@plumbline/architectures";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { type Architecture, createRandom } from "@plumbline/core";
import { memoryBatches, sampleOf, toySuperposition } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";

const dIn = 32;
const k = 4;
const toy = toySuperposition({ dIn, nLatents: 48, nRows: 16_000, l0: 3, seed: 6 });
/** The last quarter is never trained on. */
const trained = toy.rows.subarray(0, 12_000 * dIn);
const heldOut = toy.rows.slice(12_000 * dIn);

/** Trains with the batch rule, then counts latents a held-out token by the threshold rule of the saved form. */
async function heldOutL0(architecture: Architecture<Tensor>): Promise<number> {
  const sample = sampleOf(trained, dIn);
  const engine = await tfjsWasmBackend.createEngine({
    architecture,
    dIn,
    dSae: 64,
    random: createRandom(2),
    sample,
  });
  const nSteps = 400;
  let step = 0;
  for await (const batch of memoryBatches({ rows: trained, dIn, seed: 0 }).batches({
    batchSize: 256,
    startStep: 0,
  })) {
    const lr = 5e-3 * Math.min(1, (2 * (nSteps - step)) / nSteps);
    await engine.step(batch, { lr, scalars: {}, clipNorm: 1, wantStats: false });
    if (++step === nSteps) break;
  }
  const opened = await tfjsWasmBackend.openInference(await engine.inference());
  const latents = await opened.encode(heldOut);
  opened.dispose();
  engine.dispose();
  return latents.values.length / latents.nRows;
}

/** An average over the last hundred batches or so, at whose end the weights hardly move any more. */
const estimate = { k, thresholdDecay: 0.98 };

suite("the threshold that a batch rule saves", () => {
  for (const [name, architecture] of [
    ["batch-topk", batchTopK(estimate)],
    ["matryoshka-batch-topk", matryoshkaBatchTopK({ ...estimate, groupFractions: [0.25, 0.75] })],
  ] as const) {
    for (const [how, one] of [
      ["free", architecture],
      ["aligned", aligned(architecture)],
    ] as const) {
      test(`${name}, ${how}: keeps as many latents on held-out tokens as the batch rule in training, within 5 %`, async () => {
        const l0 = await heldOutL0(one);
        expect(Math.abs(l0 / k - 1), `L0 ${l0}`).toBeLessThan(0.05);
      });
    }
  }
});
