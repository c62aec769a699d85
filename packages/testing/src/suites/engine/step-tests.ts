import { expectCloseNumbers, expectSameNumbers, expectThat, type TestRunner } from "../../runner.ts";
import {
  batchOf,
  controlsFor,
  dIn,
  dSae,
  type EngineCase,
  type EngineSuiteOptions,
  withEngine,
} from "./harness.ts";

/** What a step reports, and that it learns. */
function reportTests<T>(runner: TestRunner, options: EngineSuiteOptions<T>, entry: EngineCase<T>): void {
  runner.test("reports statistics exactly when asked", () =>
    withEngine(options, entry, async (engine) => {
      const silent = await engine.step(batchOf(0, 8), controlsFor(entry, { wantStats: false }));
      expectThat(silent === undefined, "a step without wantStats returns nothing");
      const stats = await engine.step(batchOf(0, 8), controlsFor(entry));
      expectThat(stats !== undefined, "a step with wantStats returns statistics");
      const sum = Object.values(stats.terms).reduce((a, b) => a + b, 0);
      expectCloseNumbers([stats.loss], [sum], { what: "the loss", tolerance: 1e-5 });
      expectThat(stats.gradientNorm > 0, "the gradient norm is above 0");
      for (const name of entry.architecture.statistics) {
        expectThat(Number.isFinite(stats.statistics[name]), `the statistic ${name} is a number`);
      }
    }),
  );

  runner.test("takes batches of any size, one row included", () =>
    withEngine(options, entry, async (engine) => {
      for (const n of [1, 7, 64]) {
        const stats = await engine.step(batchOf(0, n), controlsFor(entry));
        expectThat(Number.isFinite(stats?.loss), `the loss of a batch of ${n} is a number`);
      }
    }),
  );
}

function learningTests<T>(runner: TestRunner, options: EngineSuiteOptions<T>, entry: EngineCase<T>): void {
  runner.test("learns: the reconstruction term falls", () =>
    withEngine(options, entry, async (engine) => {
      const first = await engine.step(batchOf(0, 96), controlsFor(entry));
      for (let i = 0; i < 60; i++)
        await engine.step(batchOf(0, 96), controlsFor(entry, { wantStats: false, lr: 0.01 }));
      const last = await engine.step(batchOf(0, 96), controlsFor(entry));
      const [before = 0, after = 0] = [first?.loss, last?.loss];
      expectThat(
        after < 0.7 * before,
        `60 steps take the loss from ${before} to below 0.7 of it, got ${after}`,
      );
    }),
  );

  runner.test("leaves parameters alone at learning rate 0", () =>
    withEngine(options, entry, async (engine) => {
      const before = await engine.inference();
      await engine.step(batchOf(0, 32), controlsFor(entry, { lr: 0 }));
      const after = await engine.inference();
      // Constraints may renormalize, which rounds.
      expectCloseNumbers(after.decoder, before.decoder, { what: "decoder", tolerance: 1e-6 });
      expectCloseNumbers(after.encoder, before.encoder, { what: "encoder", tolerance: 1e-6 });
    }),
  );
}

function decoderRowsTest<T>(runner: TestRunner, options: EngineSuiteOptions<T>, entry: EngineCase<T>): void {
  runner.test("gives the decoder rows that a row penalty is taken of", () =>
    withEngine(options, entry, async (engine) => {
      await engine.step(batchOf(0, 8), controlsFor(entry));
      const target = await engine.decoderRows();
      const { arrays } = await engine.exportState();
      expectSameNumbers(target, arrays["parameter/decoder"]?.data ?? [], "decoder rows");
      // At its own rows every latent's share of the penalty is 1.
      const rowPenalty = { target, weight: 0.25, width: 0.5 };
      const stats = await engine.step(batchOf(0, 8), controlsFor(entry, { rowPenalty }));
      expectCloseNumbers([stats?.terms.rowPenalty ?? Number.NaN], [0.25], {
        what: "penalty",
        tolerance: 1e-6,
      });
    }),
  );
}

function penaltyTest<T>(runner: TestRunner, options: EngineSuiteOptions<T>, entry: EngineCase<T>): void {
  // Free rows may be folded in the form that the test reads them from.
  if (entry.architecture.decoderRows === "free") return;
  runner.test("adds the row penalty to the loss by its formula, and moves rows away from their targets", () =>
    withEngine(options, entry, async (engine) => {
      const { decoder } = await engine.inference();
      const target = decoder.map((value, at) => value + (at % 3 === 0 ? 0.1 : 0));
      const rowPenalty = { target, weight: 0.5, width: 0.7 };
      const distances = (rows: Float32Array): number[] =>
        Array.from({ length: dSae }, (_, i) => {
          let square = 0;
          for (let j = i * dIn; j < (i + 1) * dIn; j++) square += ((rows[j] ?? 0) - (target[j] ?? 0)) ** 2;
          return square;
        });
      const expected = (0.5 / dSae) * distances(decoder).reduce((sum, d) => sum + Math.exp(-d / 0.7), 0);
      const stats = await engine.step(batchOf(0, 8), controlsFor(entry, { rowPenalty }));
      expectCloseNumbers([stats?.terms.rowPenalty ?? Number.NaN], [expected], {
        what: "penalty",
        tolerance: 1e-5,
      });
      const strong = { ...rowPenalty, weight: 1e4 };
      for (let i = 0; i < 10; i++)
        await engine.step(batchOf(0, 8), controlsFor(entry, { rowPenalty: strong }));
      const total = (list: number[]): number => list.reduce((a, b) => a + b, 0);
      const after = total(distances((await engine.inference()).decoder));
      expectThat(after > total(distances(decoder)), "rows end farther from their targets");
    }),
  );
}

/** Steps: reports, batch sizes, learning, the row penalty. */
export function stepTests<T>(runner: TestRunner, options: EngineSuiteOptions<T>, entry: EngineCase<T>): void {
  reportTests(runner, options, entry);
  learningTests(runner, options, entry);
  decoderRowsTest(runner, options, entry);
  penaltyTest(runner, options, entry);
}
