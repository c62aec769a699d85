import { topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
import { type Backend, createRandom, type SaeEngine } from "@plumbline/core";
import { expectCloseNumbers, expectSameNumbers, sampleOf, toySuperposition } from "@plumbline/testing";
import { getBackend, memory, setBackend, type Tensor, engine as tfjsEngine } from "@tensorflow/tfjs-core";
import { beforeEach, expect, describe as suite, test } from "vitest";

const [dIn, dSae, nTokens] = [12, 40, 20];
const toy = toySuperposition({ dIn, nLatents: 24, nRows: 160, l0: 2, seed: 5 });

const create = (backend: Backend<Tensor>): Promise<SaeEngine> =>
  backend.createEngine({
    architecture: topK({ k: 2, auxkCoefficient: 1 / 32, deadAfterTokens: 40 }),
    dIn,
    dSae,
    random: createRandom(1),
    sample: sampleOf(toy.rows, dIn),
  });
const step = (sae: SaeEngine, i: number) =>
  sae.step(toy.rows.slice(i * nTokens * dIn, (i + 1) * nTokens * dIn), {
    lr: 1e-2,
    scalars: {},
    clipNorm: 1,
    wantStats: true,
  });

const gpu = await tfjsNodeGpuBackend.probe();
const tensorFlowBackend = gpu.available ? tfjsNodeGpuBackend : tfjsNodeBackend;
const probe = await tensorFlowBackend.probe();
const there = probe.available ? suite : suite.skip;

there(`TensorFlow beside another tfjs backend${probe.available ? "" : `: ${probe.reason}`}`, () => {
  beforeEach(async () => {
    await tfjsCpuBackend.probe();
    await setBackend("cpu");
  });

  test("takes turns with it, agrees with it, and leaves it active", async () => {
    const [cpu, tensorFlow] = await Promise.all([tfjsCpuBackend, tensorFlowBackend].map(create));
    if (cpu === undefined || tensorFlow === undefined) throw new Error("two engines");
    for (let i = 0; i < 3; i++) {
      const [a, b] = [await step(cpu, i), await step(tensorFlow, i)];
      expect(getBackend()).toBe("cpu");
      // float32 sums of a few hundred terms in another order, over three steps.
      expectCloseNumbers([b?.loss ?? Number.NaN], [a?.loss ?? Number.NaN], {
        what: "loss",
        tolerance: 1e-4,
      });
    }
    const state = await cpu.exportState();
    await tensorFlow.importState(state);
    for (const [name, { data }] of Object.entries((await tensorFlow.exportState()).arrays))
      expectSameNumbers(data, state.arrays[name]?.data ?? [], name);
    cpu.dispose();
    tensorFlow.dispose();
  });

  test("holds no more tensors after steps, in tfjs or in TensorFlow, and none after dispose()", async () => {
    const native = tfjsEngine().registry.tensorflow as unknown as { binding: { getNumOfTensors(): number } };
    const held = (): readonly number[] => [memory().numTensors, native.binding.getNumOfTensors()];
    const before = held();
    const sae = await create(tensorFlowBackend);
    await step(sae, 0);
    const between = held();
    for (let i = 1; i < 5; i++) {
      await step(sae, i);
      await sae.decode(await sae.encode(toy.rows));
      expect(held()).toEqual(between);
    }
    sae.dispose();
    expect(held()).toEqual(before);
  });
});
