import { type Backend, backendSpecVersion, createRandom, denseFromSparse } from "@plumbline/core";
import { codeThrownBy, expectCloseNumbers, expectThat, type TestRunner } from "../runner.ts";
import { sampleOf } from "../toy/memory-batches.ts";
import { toySuperposition } from "../toy/toy-superposition.ts";
import type { EngineCase } from "./engine/harness.ts";
import { engineSuite } from "./engine-suite.ts";

/** What {@link backendSuite} tests. */
export interface BackendSuiteOptions<T> {
  readonly backend: Backend<T>;
  readonly cases: readonly EngineCase<T>[];
  /** same seed, same bytes; must be what the probe says */
  readonly deterministic: boolean;
}

const dIn = 10;
const dSae = 16;
const toy = toySuperposition({ dIn, nLatents: 12, nRows: 40, l0: 2, seed: 3 });

/** The contract of {@link Backend}, and of the engines that it makes. */
export function backendSuite<T>(runner: TestRunner, options: BackendSuiteOptions<T>): void {
  const { backend, cases, deterministic } = options;
  runner.suite(`backend contract: ${backend.name}`, () => {
    runner.test("is a frozen value with a name and one line about it", () => {
      expectThat(Object.isFrozen(backend), "the backend is frozen");
      expectThat(backend.specVersion === backendSpecVersion, `specVersion is ${backendSpecVersion}`);
      expectThat(/^[a-z][a-z0-9-]*$/.test(backend.name), "the name is kebab-case");
      expectThat(
        backend.description.length > 0 && !backend.description.includes("\n"),
        "the description is one line",
      );
    });

    runner.test("says what it finds on this machine", async () => {
      const probe = await backend.probe();
      expectThat(probe.available, `the backend is available here, got ${JSON.stringify(probe)}`);
      expectThat(probe.deterministic === deterministic, `deterministic is ${deterministic}`);
      expectThat(probe.speed > 0 && probe.device.length > 0, "speed and device are given");
    });

    for (const entry of cases) {
      runner.test(`opens what it has trained: ${entry.architecture.name}`, async () => {
        const { architecture } = entry;
        expectThat(backend.unsupported(architecture) === undefined, "the architecture is supported");
        const sample = sampleOf(toy.rows, dIn);
        const engine = await backend.createEngine({
          architecture,
          dIn,
          dSae,
          random: createRandom(4),
          sample,
        });
        await engine.step(toy.rows, { lr: 0.01, scalars: entry.scalars ?? {}, wantStats: false });
        const form = await engine.inference();
        if (form.activation.kind !== "custom") {
          const opened = await backend.openInference(form);
          const expected = await engine.encode(toy.rows);
          const latents = await opened.encode(toy.rows);
          const close = { what: "latents", tolerance: 1e-5 };
          expectCloseNumbers(denseFromSparse(latents), denseFromSparse(expected), close);
          const xHat = await opened.decode(latents);
          expectCloseNumbers(xHat, await engine.decode(expected), { ...close, what: "xHat" });
          opened.dispose();
        }
        engine.dispose();
      });
    }

    runner.test("refuses a custom activation rule that it does not know", async () => {
      const thrown = await codeThrownBy(() =>
        backend.openInference({
          dIn: 1,
          dSae: 1,
          encoder: Float32Array.of(1),
          encoderBias: Float32Array.of(0),
          decoder: Float32Array.of(1),
          decoderBias: Float32Array.of(0),
          subtractDecoderBias: true,
          activation: { kind: "custom", architecture: "nobody", config: {} },
          madeBy: { architecture: "nobody", config: {} },
        }),
      );
      expectThat(thrown === "unsupported-activation", `the code is unsupported-activation, got ${thrown}`);
    });
  });
  engineSuite(runner, {
    name: backend.name,
    createEngine: (engineOptions) => backend.createEngine(engineOptions),
    cases,
    deterministic,
  });
}
