import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { rowProducts } from "../values/row-products.ts";
import { saeBenchWeightStatistics } from "./weight-statistics.ts";

suite("saeBenchWeightStatistics()", () => {
  test("leaves a latent's cosine to itself out, and keeps the sign", () => {
    // Rows (1, 0), (−2, 0), (0, 3): cosines −1, 0, 0. The largest are 0, 0 and 0; of the first two alone −1.
    const rows = Float32Array.of(1, 0, -2, 0, 0, 3);
    const all = { dIn: 2, dSae: 3, encoder: rows, encoderBias: new Float32Array(3), decoder: rows };
    const three = saeBenchWeightStatistics(all);
    expect([...three.maxEncoderCosine]).toEqual([0, 0, 0]);
    expect([...three.encoderNorm]).toEqual([1, 2, 3]);
    expect([...three.encoderDecoderCosine]).toEqual([1, 1, 1]);
    const pair = rows.slice(0, 4);
    const two = { dIn: 2, dSae: 2, encoder: pair, encoderBias: new Float32Array(2), decoder: pair };
    expect([...saeBenchWeightStatistics(two).maxDecoderCosine]).toEqual([-1, -1]);
  });

  test("finds the nearest of many, by products that it is handed", () => {
    // 130 latents; latent i points at angle i · 2π / 130, so the nearest is a neighbour.
    const dSae = 130;
    const angle = (2 * Math.PI) / dSae;
    const rows = Float32Array.from({ length: 2 * dSae }, (_, i) =>
      i % 2 === 0 ? Math.cos((i / 2) * angle) : Math.sin(((i - 1) / 2) * angle),
    );
    let nProducts = 0;
    const { maxEncoderCosine } = saeBenchWeightStatistics(
      { dIn: 2, dSae, encoder: rows, encoderBias: new Float32Array(dSae), decoder: rows },
      {
        products: (...parts) => {
          nProducts++;
          rowProducts(...parts);
        },
      },
    );
    for (const cosine of maxEncoderCosine) expect(cosine).toBeCloseTo(Math.cos(angle), 6);
    expect(nProducts).toBeGreaterThan(0);
  });

  test("does not depend on the norms of the rows", () => {
    const value = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 8, maxLength: 8 }), value, (rows, factor) => {
        const of = (scale: number): Float32Array =>
          saeBenchWeightStatistics({
            dIn: 2,
            dSae: 4,
            encoder: Float32Array.from(rows, (one) => one * scale),
            encoderBias: new Float32Array(4),
            decoder: Float32Array.from(rows),
          }).maxEncoderCosine;
        const [one, scaled] = [of(1), of(factor)];
        one.forEach((cosine, i) => {
          expect(scaled[i]).toBeCloseTo(cosine, 6);
        });
      }),
    );
  });
});
