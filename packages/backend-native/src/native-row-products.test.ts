import { createRandom, fillNormal } from "@plumbline/core";
import { expect, describe as suite, test, vi } from "vitest";
import { nativeRowProducts } from "./native-row-products.ts";

const products = await nativeRowProducts().catch((error: unknown) => String(error));

suite("nativeRowProducts()", () => {
  test.skipIf(typeof products === "string")("multiplies all rows, whatever their number", () => {
    if (typeof products === "string") return;
    const random = createRandom(1);
    for (const [n, m, width] of [
      [1, 1, 1],
      [3, 17, 5],
      [130, 67, 33],
      [0, 4, 3],
    ] as const) {
      const a = fillNormal(new Float32Array(n * width), random);
      const b = fillNormal(new Float32Array(m * width), random);
      const out = new Float32Array(n * m).fill(Number.NaN);
      products(a, b, width, out);
      for (const [at, got] of out.entries()) {
        const [i, j] = [Math.floor(at / m), at % m];
        let sum = 0;
        for (let k = 0; k < width; k++) sum += (a[i * width + k] ?? 0) * (b[j * width + k] ?? 0);
        expect(got).toBeCloseTo(sum, 4);
      }
    }
  });

  test("says so where there is no addon", async () => {
    vi.stubEnv("PLUMBLINE_NATIVE", "off");
    await expect(nativeRowProducts()).rejects.toMatchObject({ code: "backend-unavailable" });
    vi.unstubAllEnvs();
  });
});
