import type { EngineState, SaeEngine } from "@plumbline/core";
import { expectCloseNumbers, expectSameNumbers, expectThat, type TestRunner } from "../../runner.ts";
import { batchOf, controlsFor, type EngineCase, type EngineSuiteOptions, withEngine } from "./harness.ts";

/** Arrays of two states, compared as the engine's determinism allows. */
function expectSameState<T>(
  options: EngineSuiteOptions<T>,
  actual: EngineState,
  expected: EngineState,
): void {
  expectThat(actual.nSteps === expected.nSteps, `nSteps is ${expected.nSteps}, got ${actual.nSteps}`);
  for (const [name, { data }] of Object.entries(expected.arrays)) {
    const got = actual.arrays[name]?.data ?? [];
    if (options.deterministic) expectSameNumbers(got, data, name);
    else expectCloseNumbers(got, data, { what: name, tolerance: 1e-4 });
  }
}

/** Determinism, exact resume, ownership of arrays. */
export function stateTests<T>(
  runner: TestRunner,
  options: EngineSuiteOptions<T>,
  entry: EngineCase<T>,
): void {
  const run = async (engine: SaeEngine, from: number, to: number): Promise<void> => {
    // A norm that every step exceeds: the order in which an engine adds up gradients then reaches the parameters.
    for (let i = from; i < to; i++)
      await engine.step(batchOf(i * 8, 8), controlsFor(entry, { clipNorm: 0.05, wantStats: i % 3 === 0 }));
  };

  runner.test("gives the same state for the same seed", async () => {
    const once = async (engine: SaeEngine): Promise<EngineState> => {
      await run(engine, 0, 6);
      return engine.exportState();
    };
    const first = await withEngine(options, entry, once);
    const second = await withEngine(options, entry, once);
    expectSameState(options, second, first);
    const other = await withEngine(options, entry, once, 2);
    const differs = Object.entries(first.arrays).some(([name, { data }]) =>
      data.some((value, i) => value !== other.arrays[name]?.data[i]),
    );
    expectThat(differs, "another seed gives another state");
  });

  runner.test("continues from an imported state as if it had never stopped", async () => {
    const straight = await withEngine(options, entry, async (engine) => {
      await run(engine, 0, 9);
      return engine.exportState();
    });
    const half = await withEngine(options, entry, async (engine) => {
      await run(engine, 0, 4);
      return engine.exportState();
    });
    const resumed = await withEngine(
      options,
      entry,
      async (engine) => {
        // A file may give the arrays in another order than the engine did.
        const arrays = Object.fromEntries(Object.entries(half.arrays).reverse());
        await engine.importState({ ...half, arrays });
        await run(engine, 4, 9);
        return engine.exportState();
      },
      77,
    );
    expectSameState(options, resumed, straight);
  });

  runner.test("hands out copies: a state does not change when training goes on", () =>
    withEngine(options, entry, async (engine) => {
      const state = await engine.exportState();
      const kept = Object.fromEntries(
        Object.entries(state.arrays).map(([name, { data }]) => [name, data.slice()]),
      );
      await run(engine, 0, 3);
      for (const [name, { data }] of Object.entries(state.arrays))
        expectSameNumbers(data, kept[name] ?? [], name);
    }),
  );
}
