import { createReconstructionMetrics } from "@plumbline/metrics";
import { expect, describe as suite, test } from "vitest";
import { explainedShares } from "./explained-shares.ts";

suite("explainedShares()", () => {
  test("is 1 less the share of a row's distance to the mean that is left", () => {
    // Mean (1, 0). Row (3, 0) is 2 away and rebuilt 1 away: 1 − 1/4. Row (0, 1): 2 and 2 squared, as bad as the mean.
    // Row (0, −1): 2 squared, rebuilt 3 away: 1 − 9/2.
    const rows = Float32Array.of(3, 0, 0, 1, 0, -1);
    const rebuilt = Float32Array.of(3, 1, 1, 0, 3, -1);
    expect([...explainedShares(rows, rebuilt, { dIn: 2 })]).toEqual([0.75, 0, -3.5]);
  });

  test("has no value for a row that is the mean", () => {
    expect([...explainedShares(Float32Array.of(1, 1), Float32Array.of(1, 0), { dIn: 1 })]).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });

  test("weighted by distance to the mean, is explained variance", () => {
    const rows = Float32Array.of(3, 0, 0, 1, 0, -1);
    const rebuilt = Float32Array.of(2, 1, 1, 0, 0, -1);
    const distances = [4, 2, 2];
    const shares = explainedShares(rows, rebuilt, { dIn: 2 });
    const metrics = createReconstructionMetrics({ dIn: 2 });
    metrics.add({ x: rows, xHat: rebuilt });
    const weighted =
      distances.reduce((sum, distance, row) => sum + distance * (shares[row] as number), 0) / 8;
    expect(metrics.result().explainedVariance.value).toBeCloseTo(weighted, 12);
  });
});
