import { type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { expectGradient, normalTensor } from "../gradient.test-support.ts";
import { rejectRows, rowDots, unitRows } from "../rows.ts";
import { coupled, tied } from "./controls.ts";
import { projection, projectionFromDecoder } from "./projection.ts";
import { scale } from "./scale.ts";

const decoder_FD = unitRows(normalTensor([6, 5], 1) as Tensor2D);
const free_FD = normalTensor([6, 5], 2).mul(0.3) as Tensor2D;

suite("row maps", () => {
  for (const map of [projection, projectionFromDecoder, scale, tied]) {
    test(`${map.name} gives inner product one for any free rows`, () => {
      const encoder_FD = map.encoder(map.initialFree ? free_FD : undefined, decoder_FD);
      for (const score of rowDots(encoder_FD, decoder_FD).dataSync()) expect(score).toBeCloseTo(1, 5);
    });
  }

  for (const map of [projection, scale, coupled]) {
    test(`${map.name} starts from the decoder rows, and has the gradients of finite differences`, () => {
      const start = map.initialFree?.(decoder_FD.dataSync() as Float32Array) ?? new Float32Array();
      const encoder_FD = map.encoder(tensor2d(start, [6, 5]), decoder_FD);
      expect([...encoder_FD.dataSync()]).toEqual([...decoder_FD.dataSync()]);
      // The decoder argument moves off the unit sphere here: the gradient is of the formula as it stands. Quadratic in
      // each coordinate but for `scale`, whose quotient asks for a small step.
      const quotient = map.name === "scale";
      expectGradient(
        (w, d) => map.encoder(w as Tensor2D, d as Tensor2D),
        [free_FD, decoder_FD],
        quotient ? { step: 0.01, tolerance: 2e-3 } : {},
      );
    });
  }

  test("projection puts the free rows back off the decoder rows", () => {
    const moved = projection.afterStep?.(free_FD, decoder_FD) as Tensor2D;
    for (const dot of rowDots(moved, decoder_FD).dataSync()) expect(Math.abs(dot)).toBeLessThan(1e-6);
  });

  test("coupled does not hold the score at one", () => {
    const scores = rowDots(coupled.encoder(free_FD, decoder_FD), decoder_FD).dataSync();
    expect(Math.max(...scores.map((score) => Math.abs(score - 1)))).toBeGreaterThan(0.01);
  });
});

suite("unitRows()", () => {
  test("leaves a row of zeros alone", () => {
    expect([
      ...unitRows(
        tensor2d([
          [0, 0],
          [3, 4],
        ]),
      ).dataSync(),
    ]).toEqual([0, 0, Math.fround(0.6), Math.fround(0.8)]);
  });
});

suite("rejectRows()", () => {
  test("has the gradient of finite differences in the rejected rows", () => {
    expectGradient((r: Tensor) => rejectRows(r as Tensor2D, decoder_FD), [free_FD]);
  });
});
