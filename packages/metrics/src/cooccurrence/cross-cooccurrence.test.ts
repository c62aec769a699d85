import { type SparseLatents, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createCooccurrence } from "./cooccurrence.ts";
import { createCrossCooccurrence } from "./cross-cooccurrence.ts";

const dense = (values: readonly number[], dSae: number): SparseLatents =>
  sparseFromDense(Float32Array.from(values), { nRows: values.length / dSae, dSae });

const widths = { dSaeA: 3, dSaeB: 4 };
const rowOf = (width: number) => fc.array(fc.constantFrom(0, 0, 1), { minLength: width, maxLength: width });
const tokens = fc.array(fc.record({ a: rowOf(3), b: rowOf(4) }), { minLength: 1, maxLength: 30 });

suite("createCrossCooccurrence()", () => {
  test("gives the φ of one SAE that has the latents of both", () => {
    fc.assert(
      fc.property(tokens, fc.nat(30), (rows, cut) => {
        const cross = createCrossCooccurrence(widths);
        for (const part of [rows.slice(0, cut), rows.slice(cut)]) {
          cross.add({
            a: dense(
              part.flatMap(({ a }) => a),
              3,
            ),
            b: dense(
              part.flatMap(({ b }) => b),
              4,
            ),
          });
        }
        const joined = createCooccurrence({ dSae: 7 });
        joined.add(
          dense(
            rows.flatMap(({ a, b }) => [...a, ...b]),
            7,
          ),
        );
        for (let a = 0; a < 3; a++) {
          for (let b = 0; b < 4; b++) {
            expect(cross.jointCount(a, b)).toBe(joined.jointCount(a, 3 + b));
            expect(cross.phi(a, b)).toBe(joined.phi(a, 3 + b));
          }
        }
        const { topOfA, topOfB, nTokens } = cross.result({ top: 2 });
        expect(nTokens).toBe(rows.length);
        const largest = (phis: number[]) =>
          phis
            .map((phi, at) => ({ phi, at }))
            .sort((x, y) => y.phi - x.phi || x.at - y.at)
            .slice(0, 2);
        for (let a = 0; a < 3; a++) {
          const expected = largest([0, 1, 2, 3].map((b) => cross.phi(a, b)));
          expect([...topOfA.indices.subarray(2 * a, 2 * a + 2)]).toEqual(expected.map(({ at }) => at));
          expect([...topOfA.values.subarray(2 * a, 2 * a + 2)]).toEqual(
            expected.map(({ phi }) => Math.fround(phi)),
          );
        }
        for (let b = 0; b < 4; b++) {
          const expected = largest([0, 1, 2].map((a) => cross.phi(a, b)));
          expect([...topOfB.indices.subarray(2 * b, 2 * b + 2)]).toEqual(expected.map(({ at }) => at));
        }
      }),
    );
  });

  test("finds that φ of a latent with itself is 1", () => {
    const latents = dense([1, 0, 0, 1, 1, 1, 0, 0], 2);
    const cross = createCrossCooccurrence({ dSaeA: 2, dSaeB: 2 });
    cross.add({ a: latents, b: latents });
    expect(cross.phi(0, 0)).toBe(1);
    expect(cross.phi(1, 1)).toBe(1);
    expect(cross.result().meanTopPhiA).toEqual({ value: 1 });
    expect(cross.result().topOfA).toMatchObject({ nLatents: 2, nKept: 2 });
  });

  test("ranks what looks split or merged by the second largest φ", () => {
    // 100 tokens. B's latent 0 fires on the first 4; A splits it: latent 0 on tokens 0, 1 and latent 1 on tokens 2, 3.
    // B's latent 1 fires on tokens 50 … 99, too often to be a candidate.
    const a: number[] = [];
    const b: number[] = [];
    for (let token = 0; token < 100; token++) {
      a.push(token < 2 ? 1 : 0, token === 2 || token === 3 ? 1 : 0);
      b.push(token < 4 ? 1 : 0, token >= 50 ? 1 : 0);
    }
    const cross = createCrossCooccurrence({ dSaeA: 2, dSaeB: 2 });
    cross.add({ a: dense(a, 2), b: dense(b, 2) });
    const { splitting, merging } = cross.result({ top: 1 });
    // n N11 − Ni Nj = 100 · 2 − 2 · 4 = 192; √(2 · 98 · 4 · 96) = 274.3
    const phi = 192 / Math.sqrt(2 * 98 * 4 * 96);
    expect(splitting).toHaveLength(1);
    expect(splitting[0]).toMatchObject({ latent: 0, firingRate: 0.04, partners: [0, 1] });
    expect(splitting[0]?.phis[1]).toBeCloseTo(phi, 12);
    // Both latents of A are rare; their second largest φ is with B's frequent latent, and negative.
    expect(merging.map(({ latent }) => latent)).toEqual([0, 1]);
    expect(merging[0]?.phis[1]).toBeLessThan(0);
    expect(cross.result({ maxFiringRate: 0.5 }).splitting.map(({ latent }) => latent)).toEqual([0, 1]);
    expect(cross.result({ nCandidates: 0 }).splitting).toEqual([]);
  });

  test("has no values before the first token, and refuses what does not fit", () => {
    const cross = createCrossCooccurrence({ ...widths, thresholdsA: Float32Array.of(1, 1, 1) });
    expect(cross.result().meanTopPhiA).toEqual({ value: null, reason: "no tokens" });
    const [a, b] = [dense([1, 0, 2], 3), dense([1, 1, 0, 0], 4)];
    expect(() => cross.add({ a: b, b })).toThrow("dSae 3, got 4");
    expect(() => cross.add({ a, b: dense([], 4) })).toThrow("got 1 and 0 rows");
    expect(() => cross.result({ maxFiringRate: 2 })).toThrow("0..1");
    expect(cross.nTokens).toBe(0);
    cross.add({ a, b });
    expect([...cross.result().firingsA]).toEqual([0, 0, 1]);
    expect(cross.result().meanTopPhiB).toEqual({
      value: null,
      reason: "no latent fired on some tokens and not on others",
    });
    expect(() => createCrossCooccurrence({ ...widths, maxBytes: 10 })).toThrow("12 pairs");
    expect(() => createCrossCooccurrence({ ...widths, thresholdsB: new Float32Array(3) })).toThrow(
      "4 thresholds",
    );
  });
});
