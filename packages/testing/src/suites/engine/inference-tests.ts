import { denseFromSparse } from "@plumbline/core";
import { referenceDecode, referenceEncode } from "../../reference/reference-sae.ts";
import { expectCloseNumbers, expectThat, type TestRunner } from "../../runner.ts";
import {
  batchOf,
  controlsFor,
  dIn,
  dSae,
  type EngineCase,
  type EngineSuiteOptions,
  withEngine,
} from "./harness.ts";

/** Encoding and decoding by the inference rule. */
export function inferenceTests<T>(
  runner: TestRunner,
  options: EngineSuiteOptions<T>,
  entry: EngineCase<T>,
): void {
  const tolerance = options.tolerance ?? 2e-5;

  runner.test("encodes and decodes as its inference form says, in float64", () =>
    withEngine(options, entry, async (engine) => {
      for (let i = 0; i < 5; i++) await engine.step(batchOf(0, 64), controlsFor(entry));
      const form = await engine.inference();
      if (form.activation.kind === "custom") return;
      const rows = batchOf(64, 31);
      const latents = await engine.encode(rows);
      const expected = referenceEncode(form, rows);
      expectCloseNumbers(denseFromSparse(latents), expected, { what: "latents", tolerance });
      const xHat = await engine.decode(latents);
      expectCloseNumbers(xHat, referenceDecode(form, expected), { what: "xHat", tolerance });
    }),
  );

  runner.test("gives latents in order, finite and not zero, whatever the batch", () =>
    withEngine(options, entry, async (engine) => {
      const rows = batchOf(0, 10);
      const whole = await engine.encode(rows);
      expectThat(whole.nRows === 10 && whole.dSae === dSae, "the widths are those of the batch and the SAE");
      expectThat(
        whole.rowStarts.length === 11 && whole.rowStarts[0] === 0,
        "rowStarts has one entry more than rows",
      );
      expectThat(whole.rowStarts[10] === whole.values.length, "the last row start is the number of values");
      for (let row = 0; row < 10; row++) {
        const end = whole.rowStarts[row + 1] ?? 0;
        for (let j = whole.rowStarts[row] ?? 0; j < end; j++) {
          const value = whole.values[j] ?? Number.NaN;
          expectThat(Number.isFinite(value) && value !== 0, "every stored value is finite and not zero");
          const ascending = j + 1 >= end || (whole.indices[j] ?? 0) < (whole.indices[j + 1] ?? 0);
          expectThat(ascending, "indices ascend within a row");
        }
      }
      const dense = denseFromSparse(whole);
      for (let row = 0; row < 10; row++) {
        const alone = denseFromSparse(await engine.encode(rows.slice(row * dIn, (row + 1) * dIn)));
        const together = dense.subarray(row * dSae, (row + 1) * dSae);
        expectCloseNumbers(alone, together, { what: `row ${row} encoded alone`, tolerance: 1e-5 });
      }
    }),
  );
}
