import { topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import {
  type BatchSource,
  createRandom,
  type EngineOptions,
  fillNormal,
  type SaeEngine,
} from "@plumbline/core";
import { batchSourceSuite, engineSuite, memoryBatches, type TestRunner } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";

/** Runs a suite outside the test runner and gives the names of the tests that failed. */
async function failuresOf(define: (runner: TestRunner) => void): Promise<string[]> {
  const collected: { name: string; body: () => Promise<void> | void }[] = [];
  define({ suite: (_name, body) => body(), test: (name, body) => collected.push({ name, body }) });
  const failed: string[] = [];
  for (const { name, body } of collected) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/** An engine with some of its methods replaced. */
function engineWith(change: (engine: SaeEngine) => Partial<SaeEngine>) {
  return async (options: EngineOptions<Tensor>): Promise<SaeEngine> => {
    const engine = await tfjsCpuBackend.createEngine(options);
    const honest: SaeEngine = {
      dIn: engine.dIn,
      dSae: engine.dSae,
      step: (batch, controls) => engine.step(batch, controls),
      encode: (batch) => engine.encode(batch),
      decode: (latents) => engine.decode(latents),
      inference: () => engine.inference(),
      decoderRows: () => engine.decoderRows(),
      exportState: () => engine.exportState(),
      importState: (state) => engine.importState(state),
      dispose: () => engine.dispose(),
    };
    return { ...honest, ...change(honest) };
  };
}

const faults: readonly {
  fault: string;
  change: (engine: SaeEngine) => Partial<SaeEngine>;
  seenBy: string;
}[] = [
  {
    fault: "reports unasked",
    change: ({ step }) => ({ step: (batch, controls) => step(batch, { ...controls, wantStats: true }) }),
    seenBy: "reports statistics exactly when asked",
  },
  {
    fault: "gives other decoder rows",
    change: ({ decoderRows }) => ({
      decoderRows: async () => (await decoderRows()).map((value, at) => (at === 0 ? -value : value)),
    }),
    seenBy: "gives the decoder rows that a row penalty is taken of",
  },
  {
    fault: "learns nothing",
    change: ({ step }) => ({ step: (batch, controls) => step(batch, { ...controls, lr: 0 }) }),
    seenBy: "learns: the reconstruction term falls",
  },
  {
    fault: "ignores the row penalty",
    change: ({ step }) => ({
      step: (batch, { rowPenalty: _, ...controls }) => step(batch, controls),
    }),
    seenBy: "adds the row penalty to the loss by its formula, and moves rows away from their targets",
  },
  {
    fault: "encodes in descending order",
    change: ({ encode }) => ({
      encode: async (batch) => {
        const latents = await encode(batch);
        const [start, end] = [latents.rowStarts[0], latents.rowStarts[1]];
        latents.indices.subarray(start, end).reverse();
        latents.values.subarray(start, end).reverse();
        return latents;
      },
    }),
    seenBy: "gives latents in order, finite and not zero, whatever the batch",
  },
  {
    fault: "forgets the decoder bias",
    change: ({ inference }) => ({
      inference: async () => {
        const form = await inference();
        return { ...form, decoderBias: new Float32Array(form.dIn) };
      },
    }),
    seenBy: "encodes and decodes as its inference form says, in float64",
  },
  {
    fault: "forgets Adam's moments in its state",
    change: ({ exportState }) => ({
      exportState: async () => {
        const state = await exportState();
        const arrays = Object.entries(state.arrays).map(([name, array]) => [
          name,
          name.startsWith("optimizer/") ? { ...array, data: new Float32Array(array.data.length) } : array,
        ]);
        return { ...state, arrays: Object.fromEntries(arrays) };
      },
    }),
    seenBy: "continues from an imported state as if it had never stopped",
  },
  {
    fault: "takes any state",
    change: ({ importState, exportState }) => ({
      importState: async (state) =>
        importState({ ...(await exportState()), arrays: state.arrays, nSteps: state.nSteps }),
    }),
    seenBy: "refuses what does not fit, by code",
  },
];

suite("engineSuite()", () => {
  const cases = [{ architecture: topK({ k: 3 }) }];

  test("passes an honest engine", async () => {
    const createEngine = engineWith(() => ({}));
    expect(
      await failuresOf((runner) =>
        engineSuite(runner, { name: "honest", createEngine, cases, deterministic: true }),
      ),
    ).toEqual([]);
  });

  for (const { fault, change, seenBy } of faults) {
    test(`sees an engine that ${fault}`, async () => {
      const createEngine = engineWith(change);
      const failed = await failuresOf((runner) =>
        engineSuite(runner, { name: fault, createEngine, cases, deterministic: true }),
      );
      expect(failed).toContain(seenBy);
    });
  }
});

suite("batchSourceSuite()", () => {
  const rows = fillNormal(new Float32Array(37 * 4), createRandom(1));
  const honest = (seed: number): BatchSource => memoryBatches({ rows, dIn: 4, seed });

  test("passes an honest source", async () => {
    expect(
      await failuresOf((runner) => batchSourceSuite(runner, { name: "honest", create: honest })),
    ).toEqual([]);
  });

  test("sees a source whose order ignores the seed", async () => {
    const failed = await failuresOf((runner) =>
      batchSourceSuite(runner, { name: "fixed", create: () => honest(0) }),
    );
    expect(failed).toContain("gives one order for one seed and other orders for others");
  });

  test("sees a source that repeats a row within an epoch", async () => {
    const create = (seed: number): BatchSource => {
      const source = honest(seed);
      return {
        ...source,
        async *batches(options) {
          let first: Float32Array | undefined;
          for await (const batch of source.batches(options)) {
            first ??= batch.slice();
            batch.set(first.subarray(0, 4));
            yield batch;
          }
        },
      };
    };
    const failed = await failuresOf((runner) => batchSourceSuite(runner, { name: "repeats", create }));
    expect(failed).toContain("sees every row once an epoch, in batches of 5");
  });
});
