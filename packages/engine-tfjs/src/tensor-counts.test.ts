import "@tensorflow/tfjs";
import { createRandom, type SaeEngine } from "@plumbline/core";
import { memory, setBackend, type Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { createGenericEngine } from "./generic-engine.ts";
import { openGenericInference } from "./open-inference.ts";
import { batchOf, controls, sample, shape, smallRelu } from "./small-relu.test-support.ts";

const create = (architecture = smallRelu()): Promise<SaeEngine> =>
  createGenericEngine({ architecture, ...shape, random: createRandom(1), sample, backendName: "cpu" });

beforeAll(async () => {
  await setBackend("cpu");
});

const count = (): number => memory().numTensors;

suite("an engine", () => {
  test("holds four parameters, two moments of each and its buffers, and frees all", async () => {
    const before = count();
    const engine = await create();
    expect(count() - before).toBe(4 + 8 + 1);
    engine.dispose();
    expect(count()).toBe(before);
  });

  const target = new Float32Array(shape.dIn * shape.dSae);
  for (const [what, work] of [
    ["a silent step", (e) => e.step(batchOf(0, 4), controls({ wantStats: false }))],
    ["a step that reports", (e) => e.step(batchOf(0, 4), controls())],
    ["a clipped step", (e) => e.step(batchOf(0, 4), controls({ clipNorm: 0.1 }))],
    [
      "a row penalty",
      (e) => e.step(batchOf(0, 4), controls({ rowPenalty: { target, weight: 1, width: 1 } })),
    ],
    ["encode()", (e) => e.encode(batchOf(0, 4))],
    ["decode()", async (e) => e.decode(await e.encode(batchOf(0, 4)))],
    ["inference()", (e) => e.inference()],
    ["exportState()", (e) => e.exportState()],
    ["importState()", async (e) => e.importState(await e.exportState())],
  ] as readonly (readonly [string, (engine: SaeEngine) => Promise<unknown>])[]) {
    test(`holds no more after ${what}`, async () => {
      const engine = await create();
      const before = count();
      for (let i = 0; i < 3; i++) await work(engine);
      expect(count()).toBe(before);
      engine.dispose();
    });
  }

  test("a silent step makes no report that waits to be read", async () => {
    const engine = await create();
    const before = count();
    const [silent, asked] = [
      engine.step(batchOf(0, 4), controls({ wantStats: false })),
      engine.step(batchOf(0, 4), controls({ wantStats: true })),
    ];
    // Before either promise is awaited only the report of the second is alive.
    expect(count() - before).toBe(1);
    expect(await silent).toBeUndefined();
    expect(await asked).toBeDefined();
    expect(count()).toBe(before);
    engine.dispose();
  });

  test("is unchanged by a loss that throws, and goes on", async () => {
    let broken = true;
    const sound = smallRelu();
    const engine = await create({
      ...sound,
      loss: (input) => {
        const out = sound.loss(input);
        // A term that nothing differentiable leads to: tfjs throws after the loss has returned.
        return broken ? { ...out, terms: { constant: (input.x_BD as Tensor).sum() } } : out;
      },
    });
    const state = await engine.exportState();
    await expect(engine.step(batchOf(0, 4), controls())).rejects.toThrow();
    expect(await engine.exportState()).toEqual(state);
    broken = false;
    expect(await engine.step(batchOf(0, 4), controls())).toBeDefined();
    engine.dispose();
  });
});

suite("an opened form", () => {
  test("holds its weights, frees all, and leaves nothing behind where it is refused", async () => {
    const engine = await create();
    const form = await engine.inference();
    const before = count();
    const opened = await openGenericInference(form, { backendName: "cpu" });
    expect(count() - before).toBe(5);
    await opened.decode(await opened.encode(batchOf(0, 4)));
    expect(count() - before).toBe(5);
    opened.dispose();
    opened.dispose();
    expect(count()).toBe(before);
    await expect(opened.encode(batchOf(0, 1))).rejects.toThrow("disposed");
    const short = { ...form, decoderBias: new Float32Array(2) };
    await expect(openGenericInference(short, { backendName: "cpu" })).rejects.toThrow(
      "3 numbers in decoderBias",
    );
    expect(count()).toBe(before);
    engine.dispose();
  });
});
