import "@tensorflow/tfjs";
import { type Architecture, createRandom, type RowPenalty, type SaeEngine } from "@plumbline/core";
import { setBackend, Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, describe as suite, test, vi } from "vitest";
import { rowPenalty64, step64, trainingFrom, type Vectors } from "./float64-training.test-support.ts";
import { createGenericEngine } from "./generic-engine.ts";
import { adam, batchOf, controls, sample, shape, smallRelu } from "./small-relu.test-support.ts";

beforeAll(async () => {
  await setBackend("cpu");
});

const create = (architecture: Architecture<Tensor>): Promise<SaeEngine> =>
  createGenericEngine({ architecture, ...shape, random: createRandom(1), sample, backendName: "cpu" });

function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  tolerance: number,
): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] ?? Number.NaN;
    expect(Math.abs((actual[i] ?? Number.NaN) - wanted), `${what}[${i}]`).toBeLessThan(
      tolerance * (1 + Math.abs(wanted)),
    );
  }
}

const batches = [0, 1, 2, 3, 4].map((i) => batchOf(i, 8));

suite("step()", () => {
  for (const decoderRows of ["unit", "free"] as const) {
    for (const clipNorm of [undefined, 9]) {
      const clipping = clipNorm === undefined ? "unclipped" : "clipped";
      test(`is Adam in float64, ${decoderRows} decoder rows, ${clipping}`, async () => {
        const engine = await create(smallRelu({ decoderRows }));
        const given = controls({ lr: 0.05, ...(clipNorm === undefined ? {} : { clipNorm }) });
        let training = trainingFrom(await engine.exportState());
        const norms: number[] = [];
        for (const batch of batches) {
          const stats = await engine.step(batch, given);
          const expected = step64(training, batch, { decoderRows, controls: given, adam });
          training = expected.training;
          norms.push(expected.gradientNorm);
          expectClose([stats?.gradientNorm ?? Number.NaN], [expected.gradientNorm], "gradient norm", 1e-5);
          const { error, sparsity } = expected.terms;
          const loss = (error ?? 0) + (sparsity ?? 0);
          const reported = [stats?.loss, stats?.terms.error, stats?.terms.sparsity].map(Number);
          expectClose(reported, [loss, error ?? 0, sparsity ?? 0], "loss and terms", 1e-5);
        }
        // The clip bound lies among the norms, so that both of its sides are seen.
        if (clipNorm !== undefined) {
          expect(Math.min(...norms)).toBeLessThan(clipNorm);
          expect(Math.max(...norms)).toBeGreaterThan(clipNorm);
        }
        const got = trainingFrom(await engine.exportState());
        expect(got.nSteps).toBe(5);
        // Five steps of 0.05, each with a relative error of some 1e-6 where the gradient is a sum that cancels.
        for (const name of Object.keys(got.parameters) as (keyof Vectors)[]) {
          expectClose(got.parameters[name], training.parameters[name], name, 1e-5);
          expectClose(got.mean[name], training.mean[name], `mean of ${name}`, 1e-5);
          expectClose(got.variance[name], training.variance[name], `variance of ${name}`, 1e-5);
        }
        engine.dispose();
      });
    }
  }

  test("reports whole-number statistics as numbers, and replaces buffers", async () => {
    const engine = await create(smallRelu());
    await engine.step(batchOf(0, 8), controls());
    const stats = await engine.step(batchOf(1, 3), controls());
    expect(stats?.statistics.nTokens).toBe(11);
    expect(Number.isInteger(stats?.statistics.fired)).toBe(true);
    expect((await engine.exportState()).arrays["buffer/seen"]?.data).toEqual(Int32Array.of(11));
    engine.dispose();
  });

  test("does not depend on whether statistics are wanted", async () => {
    const [asked, silent] = [await create(smallRelu()), await create(smallRelu())];
    for (const batch of batches) {
      expect(await asked.step(batch, controls())).toBeDefined();
      expect(await silent.step(batch, controls({ wantStats: false }))).toBeUndefined();
    }
    expect(await silent.exportState()).toEqual(await asked.exportState());
  });

  test("leaves the caller's batch alone", async () => {
    const engine = await create(smallRelu());
    const batch = batchOf(0, 4);
    await engine.step(batch, controls());
    expect(batch).toEqual(batchOf(0, 4));
  });
});

suite("rowPenalty", () => {
  /** The gradient of every parameter, read off Adam's first moment after one step. */
  async function gradients(penalty: RowPenalty | undefined) {
    const engine = await create(smallRelu({ decoderRows: "free" }));
    const before = trainingFrom(await engine.exportState()).parameters;
    const stats = await engine.step(
      batchOf(0, 8),
      controls(penalty === undefined ? {} : { rowPenalty: penalty }),
    );
    const { mean } = trainingFrom(await engine.exportState());
    engine.dispose();
    const gradientOf = (name: keyof Vectors): Float64Array => mean[name].map((m) => m / (1 - adam.beta1));
    return { before, stats, gradientOf };
  }

  test("adds its formula to the loss, and its gradient to decoder rows only", async () => {
    const { decoder } = (await gradients(undefined)).before;
    const target = Float32Array.from(decoder, (value, i) => value + 0.3 * Math.sin(i));
    const penalty = { target, weight: 2, width: 0.6 };
    const [without, given] = [await gradients(undefined), await gradients(penalty)];
    const value = rowPenalty64(decoder, shape.dIn, penalty);
    expect(given.stats?.terms.rowPenalty).toBeCloseTo(value, 5);
    expect(given.stats?.loss).toBeCloseTo((without.stats?.loss ?? Number.NaN) + value, 4);
    const differences = decoder.map((original, i) => {
      const at = (delta: number): number => {
        const moved = decoder.slice();
        moved[i] = original + delta;
        return rowPenalty64(moved, shape.dIn, penalty);
      };
      return (at(1e-6) - at(-1e-6)) / 2e-6;
    });
    const added = given.gradientOf("decoder").map((g, i) => g - (without.gradientOf("decoder")[i] ?? 0));
    // The difference of two float32 gradients of order one.
    expectClose(added, differences, "gradient of the penalty", 1e-5);
    for (const name of ["encoder", "encoderBias", "decoderBias"] as const) {
      expect(given.gradientOf(name)).toEqual(without.gradientOf(name));
    }
  });
});

suite("steps without statistics", () => {
  test("wait for the device now and then, and say nothing", async () => {
    const engine = await create(smallRelu());
    const read = vi.spyOn(Tensor.prototype, "data");
    const reads: number[] = [];
    for (let i = 1; i <= 40; i++) {
      expect(await engine.step(batchOf(0, 8), { ...controls(), wantStats: false })).toBeUndefined();
      reads.push(read.mock.calls.length);
    }
    read.mockRestore();
    // Once each 16 steps.
    expect([reads[14], reads[15], reads[30], reads[31], reads[39]]).toEqual([0, 1, 1, 2, 2]);
    engine.dispose();
  });
});
