import { aligned } from "@plumbline/aligned";
import { batchTopK, relu, topK } from "@plumbline/architectures";
import { nativeBackend } from "@plumbline/backend-native";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { createRandom, type EngineState, type SaeEngine } from "@plumbline/core";
import { createMetaSaeEngine, withMetaSae } from "@plumbline/meta-sae";
import { engineSuite } from "@plumbline/testing";
import { expect, describe as suite, test } from "vitest";
import { batchOf, controls, dIn, dSae, engineOptions, primary } from "./small-joint.support.ts";

const backends = [tfjsCpuBackend, nativeBackend];

async function run(engine: SaeEngine, first: number, last: number): Promise<void> {
  for (let i = first; i < last; i++) await engine.step(batchOf(i), { ...controls, wantStats: i % 2 === 0 });
}

function expectSameArrays(actual: EngineState["arrays"], expected: EngineState["arrays"]): void {
  for (const [name, { data }] of Object.entries(expected)) expect(actual[name]?.data, name).toEqual(data);
}

for (const backend of backends) {
  engineSuite(
    { suite, test },
    {
      name: `withMetaSae() on ${backend.name}, lambda2 0`,
      createEngine: (options) =>
        withMetaSae(options.architecture, {
          ratio: 0.25,
          k: 2,
          lambda2: 0,
          primarySteps: 2,
          metaSteps: 1,
        }).createEngine(backend, options),
      cases: [{ architecture: topK({ k: 3 }) }, { architecture: aligned(batchTopK({ k: 3 })) }],
      deterministic: true,
    },
  );
}

suite.each(backends)("withMetaSae() on $name", (backend) => {
  test("leaves a primary alone at lambda2 0: the bits of the run without a meta SAE", async () => {
    const architecture = topK({ k: 3 });
    const solo = await backend.createEngine({ ...engineOptions(), architecture });
    const joint = await withMetaSae(architecture, { lambda2: 0, k: 2, primarySteps: 3 }).createEngine(
      backend,
      engineOptions(),
    );
    for (let i = 0; i < 8; i++) {
      const [alone, beside] = [await solo.step(batchOf(i), controls), await joint.step(batchOf(i), controls)];
      expect(beside).toMatchObject({ ...alone, statistics: alone?.statistics });
      expect(beside?.statistics).toHaveProperty("metaExplainedVariance");
    }
    expectSameArrays((await joint.exportState()).arrays, (await solo.exportState()).arrays);
    expect(await joint.inference()).toEqual(await solo.inference());
    solo.dispose();
    joint.dispose();
  });

  test("goes on from its state in the middle of a round as if it had never stopped", async () => {
    const training = withMetaSae(aligned(topK({ k: 3 })), {
      ratio: 0.5,
      k: 2,
      primarySteps: 3,
      metaSteps: 2,
    });
    const straight = await training.createEngine(backend, engineOptions());
    await run(straight, 0, 11);
    const half = await training.createEngine(backend, engineOptions());
    await run(half, 0, 4);
    const state = await half.exportState();
    const resumed = await training.createEngine(backend, engineOptions(9));
    // As a file gives it back.
    const json = JSON.parse(JSON.stringify(state.architecture));
    await resumed.importState({ ...state, architecture: json });
    await run(resumed, 4, 11);
    const [a, b] = [await resumed.exportState(), await straight.exportState()];
    expect(a.nSteps).toBe(11);
    expectSameArrays(a.arrays, b.arrays);
    expect(Object.keys(a.arrays).sort()).toEqual(Object.keys(b.arrays).sort());
    for (const engine of [straight, half, resumed]) engine.dispose();
  });

  test("learns to rebuild rows, and a penalty makes that harder", async () => {
    const rebuilt = async (lambda2: number): Promise<{ last: number; first: number }> => {
      const training = withMetaSae(relu({ decoderRows: "unit" }), {
        ratio: 0.5,
        k: 3,
        lambda2,
        metaLr: 0.01,
      });
      const engine = await training.createEngine(backend, engineOptions());
      const scalars = { sparsityCoefficient: 0.01 };
      const found: number[] = [];
      for (let i = 0; i < 150; i++) {
        const stats = await engine.step(batchOf(i), { ...controls, scalars });
        found.push(stats?.statistics.decomposability ?? Number.NaN);
      }
      engine.dispose();
      return { first: found[0] ?? Number.NaN, last: found.at(-1) ?? Number.NaN };
    };
    const [free, held] = [await rebuilt(0), await rebuilt(5)];
    expect(free.last).toBeGreaterThan(free.first + 0.05);
    expect(held.last).toBeLessThan(free.last - 0.05);
  });
});

suite("createMetaSaeEngine()", () => {
  test("refuses what does not fit", async () => {
    const engine = await primary();
    const narrow = await tfjsCpuBackend.createEngine({
      architecture: topK({ k: 1 }),
      dIn: 3,
      dSae: 4,
      random: createRandom(0),
      sample: { rows: new Float32Array(3), nRows: 1, mean: new Float32Array(3) },
    });
    expect(() => createMetaSaeEngine(engine, narrow)).toThrow("dIn 12");
    const training = withMetaSae(topK({ k: 3 }), { k: 2 });
    const joint = await training.createEngine(tfjsCpuBackend, engineOptions());
    const target = new Float32Array(dSae * dIn);
    await expect(
      joint.step(batchOf(0), { ...controls, rowPenalty: { target, weight: 1, width: 1 } }),
    ).rejects.toThrow("no rowPenalty");
    await expect(joint.importState(await engine.exportState())).rejects.toMatchObject({
      code: "state-mismatch",
    });
    const other = await withMetaSae(topK({ k: 3 }), { k: 2, sigma2: 3 }).createEngine(
      tfjsCpuBackend,
      engineOptions(),
    );
    await expect(other.importState(await joint.exportState())).rejects.toThrow("settings");
    // Where the primary refuses, the meta SAE keeps its state too.
    const state = await joint.exportState();
    await joint.step(batchOf(0), controls);
    const { "parameter/encoder": _, ...rest } = state.arrays;
    const before = await joint.exportState();
    await expect(joint.importState({ ...state, arrays: rest })).rejects.toMatchObject({
      code: "state-mismatch",
    });
    expectSameArrays((await joint.exportState()).arrays, before.arrays);
    joint.dispose();
    joint.dispose();
    await expect(joint.step(batchOf(0), controls)).rejects.toMatchObject({ code: "engine-disposed" });
  });

  test("refuses a k above the meta SAE's width, and takes fewer than its own 8 where there are no more", () => {
    expect(() => withMetaSae(topK({ k: 1 }), { k: 3, dictionarySize: 2 }).metaOf(100)).toThrow(
      "k to be at most",
    );
    expect(withMetaSae(topK({ k: 1 }), { dictionarySize: 2 }).metaOf(100).architecture.config).toMatchObject({
      k: 2,
    });
  });

  test("refuses a primary whose own scalar has the name of one of the meta SAE's", () => {
    const named = { ...topK({ k: 1 }), controls: ["lambda2"] };
    expect(() => withMetaSae(named)).toThrow("lambda2");
  });

  test.each([
    [{ lambda2: -1 }, "lambda2"],
    [{ sigma2: 0 }, "sigma2"],
    [{ primarySteps: 0 }, "primarySteps"],
    [{ metaSteps: 1.5 }, "metaSteps"],
    [{ metaLr: 0 }, "metaLr"],
  ])("refuses %o", (options, name) => {
    expect(() => withMetaSae(topK({ k: 1 }), options)).toThrow(name);
  });

  test("takes its width from the primary's", () => {
    expect(withMetaSae(topK({ k: 1 })).metaOf(20_480).dSae).toBe(1843);
    expect(withMetaSae(topK({ k: 1 }), { dictionarySize: 7 }).metaOf(100).dSae).toBe(7);
    expect(() => withMetaSae(topK({ k: 1 }), { dictionarySize: 7, ratio: 0.1 }).metaOf(100)).toThrow(
      "one of",
    );
    expect(() => withMetaSae(topK({ k: 1 }), { ratio: 0 }).metaOf(100)).toThrow("ratio");
    expect(() => withMetaSae(topK({ k: 1 }), { dictionarySize: 0.5 }).metaOf(100)).toThrow("dictionarySize");
  });
});
