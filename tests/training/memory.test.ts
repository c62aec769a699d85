import { aligned } from "@plumbline/aligned";
import { topK } from "@plumbline/architectures";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { createRandom } from "@plumbline/core";
import { memoryBatches, sampleOf, toySuperposition } from "@plumbline/testing";
import { memory } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";

suite("memory over 1,000 steps", () => {
  test("tensors and resident memory stay flat", async () => {
    const dIn = 64;
    const toy = toySuperposition({ dIn, nLatents: 96, nRows: 2000, l0: 4, seed: 1 });
    const engine = await tfjsWasmBackend.createEngine({
      architecture: aligned(topK({ k: 8 })),
      dIn,
      dSae: 512,
      random: createRandom(1),
      sample: sampleOf(toy.rows, dIn),
    });
    const tensors: number[] = [];
    const resident: number[] = [];
    let step = 0;
    for await (const batch of memoryBatches({ rows: toy.rows, dIn, seed: 0 }).batches({
      batchSize: 64,
      startStep: 0,
    })) {
      const wantStats = step % 10 === 0;
      await engine.step(batch, { lr: 1e-3, scalars: {}, clipNorm: 1, wantStats });
      if (step % 100 === 0) await engine.encode(batch);
      tensors.push(memory().numTensors);
      resident.push(process.memoryUsage().rss);
      if (++step === 1000) break;
    }
    expect(new Set(tensors.slice(1)).size).toBe(1);
    // One leaked parameter-sized tensor a step would add 64 · 512 · 4 bytes · 800 steps = 105 MB; the garbage collector's
    // own breathing stays well below a third of that.
    const early = Math.max(...resident.slice(100, 200));
    const late = Math.min(...resident.slice(900));
    expect((late - early) / 2 ** 20).toBeLessThan(32);
    engine.dispose();
    expect(memory().numTensors).toBe(0);
  });
});
