import { batchTopK, denseFromSelection, gatherSelected, largest } from "@plumbline/ops";
import { codeThrownBy, expectSameNumbers } from "@plumbline/testing";
import { fill, setBackend, type Tensor2D, tensor2d, tile, zeros } from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { numbersOf, onBackends } from "./on-backends.support.ts";

const all = ["cpu", "wasm", "plumbline-native", "tensorflow", "webgpu"];

onBackends(all, "largest() on", (backend) => {
  test("orders by value, ties by the lower index, exactly", async () => {
    await setBackend(backend);
    const row = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(row, fc.nat(), async (values, draw) => {
        const k = 1 + (draw % values.length);
        const order = values.map((_, i) => i).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
        const kept = order.slice(0, k);
        const [found = [], indices = []] = await numbersOf(() => {
          const { values_BK, indices_BK } = largest(tensor2d([values]), { k });
          return [values_BK, indices_BK];
        });
        expectSameNumbers(indices, kept, "indices");
        expectSameNumbers(
          found,
          kept.map((i) => values[i] ?? Number.NaN),
          "values",
        );
      }),
      { seed: 1 },
    );
  });

  test("does so among many latents, most of them tied", async () => {
    await setBackend(backend);
    const values = Float32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 4);
    const order = Array.from(values, (_, i) => i).sort(
      (a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b,
    );
    for (const k of [1, 64, 1300, 5000]) {
      const [indices = []] = await numbersOf(() => [largest(tensor2d(values, [1, 5000]), { k }).indices_BK]);
      expectSameNumbers(indices, order.slice(0, k), `indices of k ${k}`);
    }
  });
});

onBackends(all, "batchTopK() on", (backend) => {
  test("gives ties to the earlier token, then the lower latent, exactly", async () => {
    await setBackend(backend);
    const values = Float32Array.from({ length: 40 * 125 }, (_, i) => (i * 7919) % 4);
    const order = Array.from(values, (_, i) => i).sort(
      (a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b,
    );
    for (const k of [1, 20, 100]) {
      const expected = new Float32Array(values.length);
      for (const i of order.slice(0, 40 * k)) expected[i] = values[i] ?? 0;
      const [latents = []] = await numbersOf(() => [batchTopK(tensor2d(values, [40, 125]), { k })]);
      expectSameNumbers(latents, expected, `latents of k ${k}`);
    }
  });
});

onBackends(["webgpu"], "more latents in a batch than float32 can count, on", (backend) => {
  const [nTokens, dSae] = [4098, 4096];

  test("are found by token and latent", async () => {
    await setBackend(backend);
    const last = nTokens - 1;
    const [found = [], spread = []] = await numbersOf(() => {
      // The last token's latents 1 and 3, at positions 2²⁴ + 4097 and 2²⁴ + 4099 of the whole.
      const values_BK = fill([nTokens, 2], 1) as Tensor2D;
      const indices_BK = tile(tensor2d([[1, 3]], [1, 2], "int32"), [nTokens, 1]) as Tensor2D;
      const dense_BF = denseFromSelection({ values_BK, indices_BK }, { dSae });
      return [gatherSelected(dense_BF, indices_BK).slice([last, 0]), dense_BF.slice([last, 0], [1, 5])];
    });
    expectSameNumbers(found, [1, 1], "gathered");
    expectSameNumbers(spread, [0, 1, 0, 1, 0], "spread");
  });

  test("are refused by batchTopK()", async () => {
    await setBackend(backend);
    const make = () => numbersOf(() => [batchTopK(zeros([nTokens, dSae]), { k: 1 })]);
    expect(await codeThrownBy(make)).toBe("batch-too-large");
  });
});
