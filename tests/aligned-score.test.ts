import { aligned, projectionFromDecoder, type RowMap, rowMaps } from "@plumbline/aligned";
import { relu, topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import {
  type Architecture,
  type Backend,
  createRandom,
  foldInputScale,
  type InferenceForm,
} from "@plumbline/core";
import { referenceAlignment, sampleOf, toySuperposition } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";

const [dIn, dSae] = [24, 64];
const toy = toySuperposition({ dIn, nLatents: 48, nRows: 1600, l0: 3, seed: 7 });
const l1 = { sparsityCoefficient: 0.05 };

/** Float32 dot products of rows of norm 1 … 3: some 1e-7 of rounding; the promise is 1e-5. */
function expectAligned(form: InferenceForm, when: string): void {
  const off = Math.max(...referenceAlignment(form).map((score) => Math.abs(score - 1)));
  expect(off, when).toBeLessThan(1e-5);
}

const engineOf = (backend: Backend<Tensor>, architecture: Architecture<Tensor>, seed = 1) =>
  backend.createEngine({
    architecture,
    dIn,
    dSae,
    random: createRandom(seed),
    sample: sampleOf(toy.rows, dIn),
  });

async function trainRoughly(
  backend: Backend<Tensor>,
  architecture: Architecture<Tensor>,
  scalars: Readonly<Record<string, number>>,
): Promise<void> {
  const engine = await engineOf(backend, architecture);
  const first = await engine.inference();
  expectAligned(first, "at the start");
  for (let i = 0; i < 50; i++) {
    // Thirty times the usual learning rate: rows turn by a large part of a radian in each step.
    const batch = toy.rows.slice(i * 32 * dIn, (i + 1) * 32 * dIn);
    await engine.step(batch, { lr: 0.1, scalars, wantStats: false });
    expectAligned(await engine.inference(), `after step ${i + 1}`);
  }
  const form = await engine.inference();
  const turned = form.encoder.reduce((s, value, i) => s + (value - (first.encoder[i] ?? 0)) ** 2, 0);
  expect(turned / dSae, "squared distance that an encoder row has gone").toBeGreaterThan(0.5);

  const resumed = await engineOf(backend, architecture, 9);
  await resumed.importState(await engine.exportState());
  expectAligned(await resumed.inference(), "after export and import");
  expect((await resumed.inference()).encoder).toEqual(form.encoder);

  const folded = foldInputScale(form, 1 / 57);
  expectAligned(folded, "after the input scale is folded in");
  expect(folded.encoder).toEqual(form.encoder);
  engine.dispose();
  resumed.dispose();
}

suite("the alignment score is one, whatever training does", () => {
  for (const backend of [tfjsCpuBackend, tfjsWasmBackend]) {
    test(`topk on ${backend.name}`, () =>
      trainRoughly(backend, aligned(topK({ k: 3, auxkCoefficient: 1 / 32, deadAfterTokens: 500 })), {}));

    test(`relu on ${backend.name}`, () => trainRoughly(backend, aligned(relu()), l1));
  }

  test("relu with free decoder rows, which alignment makes unit rows", () =>
    trainRoughly(tfjsWasmBackend, aligned(relu({ decoderRows: "free" })), l1));

  for (const map of [projectionFromDecoder, rowMaps().get("tied")] as readonly RowMap[]) {
    test(`topk by ${map.name}`, () => trainRoughly(tfjsWasmBackend, aligned(topK({ k: 3 }), { map }), {}));
  }

  test("topk by scale, at a learning rate that keeps its divisor off zero", async () => {
    const engine = await engineOf(tfjsWasmBackend, aligned(topK({ k: 3 }), { map: rowMaps().get("scale") }));
    for (let i = 0; i < 50; i++) {
      await engine.step(toy.rows.slice(i * 32 * dIn, (i + 1) * 32 * dIn), {
        lr: 0.01,
        scalars: {},
        wantStats: false,
      });
      expectAligned(await engine.inference(), `after step ${i + 1}`);
    }
    engine.dispose();
  });

  test("a free SAE of the same architecture leaves one behind: the measure sees it", async () => {
    const engine = await engineOf(tfjsWasmBackend, topK({ k: 3 }));
    for (let i = 0; i < 50; i++) {
      await engine.step(toy.rows.slice(i * 32 * dIn, (i + 1) * 32 * dIn), {
        lr: 0.1,
        scalars: {},
        wantStats: false,
      });
    }
    const scores = referenceAlignment(await engine.inference());
    expect(Math.max(...scores.map((score) => Math.abs(score - 1)))).toBeGreaterThan(0.1);
    engine.dispose();
  });
});

suite("what aligned training saves", () => {
  test("is an ordinary SAE: opened by any backend, it does what training did", async () => {
    const engine = await engineOf(tfjsWasmBackend, aligned(topK({ k: 3 })));
    for (let i = 0; i < 10; i++) {
      await engine.step(toy.rows.slice(i * 32 * dIn, (i + 1) * 32 * dIn), {
        lr: 0.01,
        scalars: {},
        wantStats: false,
      });
    }
    const form = await engine.inference();
    expect(form.activation).toEqual({ kind: "topk", k: 3 });
    expect(form.extra).toBeUndefined();
    expect(form.madeBy).toMatchObject({ architecture: "aligned", config: { map: "projection" } });
    const opened = await tfjsCpuBackend.openInference(form);
    const rows = toy.rows.subarray(0, 100 * dIn);
    const [latents, expected] = [await opened.encode(rows), await engine.encode(rows)];
    expect(latents.indices).toEqual(expected.indices);
    latents.values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.values[i] ?? Number.NaN, 5);
    });
    engine.dispose();
    opened.dispose();
  });
});
