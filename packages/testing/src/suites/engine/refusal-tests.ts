import { codeThrownBy, expectThat, type TestRunner } from "../../runner.ts";
import {
  batchOf,
  controlsFor,
  dIn,
  dSae,
  type EngineCase,
  type EngineSuiteOptions,
  withEngine,
} from "./harness.ts";

/** Errors by code. */
export function refusalTests<T>(
  runner: TestRunner,
  options: EngineSuiteOptions<T>,
  entry: EngineCase<T>,
): void {
  runner.test("refuses what does not fit, by code", () =>
    withEngine(options, entry, async (engine) => {
      const good = controlsFor(entry);
      const refused = async (code: string, work: () => Promise<unknown>): Promise<void> => {
        const thrown = await codeThrownBy(work);
        expectThat(thrown === code, `the error's code is ${code}, got ${thrown}`);
      };
      await refused("shape-mismatch", () => engine.step(new Float32Array(dIn + 1), good));
      await refused("shape-mismatch", () => engine.encode(new Float32Array(0)));
      await refused("unknown-control", () =>
        engine.step(batchOf(0, 2), { ...good, scalars: { ...good.scalars, q: 1 } }),
      );
      if (entry.architecture.controls.length > 0) {
        await refused("missing-control", () => engine.step(batchOf(0, 2), { ...good, scalars: {} }));
      }
      const state = await engine.exportState();
      await refused("state-mismatch", () => engine.importState({ ...state, dSae: dSae + 1 }));
      await refused("state-mismatch", () =>
        engine.importState({ ...state, architecture: { ...state.architecture, name: "another" } }),
      );
    }),
  );

  runner.test("is of no use after dispose(), which may be called twice", async () => {
    const engine = await withEngine(options, entry, async (made) => made);
    engine.dispose();
    const thrown = await codeThrownBy(() => engine.encode(batchOf(0, 1)));
    expectThat(thrown === "engine-disposed", `the error's code is engine-disposed, got ${thrown}`);
  });
}
