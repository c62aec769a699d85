import { aligned } from "@plumbline/aligned";
import { topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { type Backend, createRandom, type EngineState, type SaeEngine } from "@plumbline/core";
import { expectCloseNumbers, expectSameNumbers, sampleOf, toySuperposition } from "@plumbline/testing";
import { getBackend, memory, setBackend, type Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";

const [dIn, dSae] = [12, 40];
const toy = toySuperposition({ dIn, nLatents: 24, nRows: 160, l0: 2, seed: 5 });
const nSteps = 8;

const create = (backend: Backend<Tensor>): Promise<SaeEngine> =>
  backend.createEngine({
    architecture: aligned(topK({ k: 2, auxkCoefficient: 1 / 32, deadAfterTokens: 40 })),
    dIn,
    dSae,
    random: createRandom(1),
    sample: sampleOf(toy.rows, dIn),
  });
const step = (engine: SaeEngine, i: number) =>
  engine.step(toy.rows.slice(i * 20 * dIn, (i + 1) * 20 * dIn), {
    lr: 1e-2,
    scalars: {},
    clipNorm: 1,
    wantStats: true,
  });

/** The end of a run that had the process to itself. */
async function alone(backend: Backend<Tensor>): Promise<EngineState> {
  const engine = await create(backend);
  for (let i = 0; i < nSteps; i++) await step(engine, i);
  const state = await engine.exportState();
  engine.dispose();
  return state;
}

function expectSameState(actual: EngineState, expected: EngineState): void {
  for (const [name, { data }] of Object.entries(expected.arrays)) {
    expectSameNumbers(actual.arrays[name]?.data ?? [], data, name);
  }
}

suite("engines on two tfjs backends in one process", () => {
  test("are made and asked at the same time", async () => {
    const probes = await Promise.all(
      [tfjsWasmBackend, tfjsCpuBackend, tfjsWasmBackend].map((b) => b.probe()),
    );
    expect(probes.map((probe) => probe.available)).toEqual([true, true, true]);
    const engines = await Promise.all([tfjsWasmBackend, tfjsCpuBackend].map(create));
    for (const engine of engines) engine.dispose();
  });

  test("take turns, and give the bytes of runs that were alone", async () => {
    const expected = { cpu: await alone(tfjsCpuBackend), wasm: await alone(tfjsWasmBackend) };
    const cpu = await create(tfjsCpuBackend);
    const wasm = await create(tfjsWasmBackend);
    for (let i = 0; i < nSteps; i++) {
      await step(cpu, i);
      await step(wasm, i);
      if (i % 3 === 0) await Promise.all([cpu.encode(toy.rows), wasm.encode(toy.rows)]);
    }
    expectSameState(await cpu.exportState(), expected.cpu);
    expectSameState(await wasm.exportState(), expected.wasm);
    cpu.dispose();
    wasm.dispose();
  });

  test("step without waiting for one another", async () => {
    const expected = { cpu: await alone(tfjsCpuBackend), wasm: await alone(tfjsWasmBackend) };
    const [cpu, wasm] = await Promise.all([create(tfjsCpuBackend), create(tfjsWasmBackend)]);
    for (let i = 0; i < nSteps; i++) await Promise.all([step(wasm, i), step(cpu, i)]);
    expectSameState(await cpu.exportState(), expected.cpu);
    expectSameState(await wasm.exportState(), expected.wasm);
    cpu.dispose();
    wasm.dispose();
  });

  test("agree, and pass a state from one to the other", async () => {
    const [cpu, wasm] = [await create(tfjsCpuBackend), await create(tfjsWasmBackend)];
    for (let i = 0; i < nSteps / 2; i++) await step(cpu, i);
    const half = await cpu.exportState();
    await wasm.importState(half);
    expectSameState(await wasm.exportState(), half);
    const [a, b] = [await step(cpu, 4), await step(wasm, 4)];
    // float32 sums of a few hundred terms in another order.
    expectCloseNumbers([b?.loss ?? Number.NaN], [a?.loss ?? Number.NaN], { what: "loss", tolerance: 1e-5 });
    cpu.dispose();
    wasm.dispose();
  });

  for (const active of ["cpu", "wasm"]) {
    test(`leave the backend that their user chose active: ${active}`, async () => {
      await setBackend(active);
      const before = memory().numTensors;
      const [cpu, wasm] = [await create(tfjsCpuBackend), await create(tfjsWasmBackend)];
      await step(cpu, 0);
      expect(getBackend()).toBe(active);
      await step(wasm, 0);
      await wasm.decode(await wasm.encode(toy.rows));
      await cpu.inference();
      expect(getBackend()).toBe(active);
      cpu.dispose();
      wasm.dispose();
      expect(memory().numTensors).toBe(before);
    });
  }
});
