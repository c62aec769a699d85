// What is not about SAEs, against SciPy, diptest and scikit-learn, as tools/golden/make_metrics_fixtures.py recorded them.
import { readFileSync } from "node:fs";
import { assignMaximum, dipTest, fitMixture, sarleCoefficient, subspaceAgreement } from "@plumbline/metrics";
import { readSafetensors } from "@plumbline/safetensors";
import { expect, describe as suite, test } from "vitest";

interface Recorded {
  readonly assignments: Readonly<
    Record<string, { total: number; rows: number[]; columns: number[]; unique: boolean }>
  >;
  readonly dips: Readonly<Record<string, { n: number; dip: number; bootstrapPValue: number }>>;
  readonly moments: Readonly<Record<string, { skewness: number; excessKurtosis: number }>>;
  readonly mixtures: Readonly<Record<string, Record<"components1" | "components2", RecordedMixture>>>;
  readonly subspaceAngles: Readonly<Record<string, { angles: number[] }>>;
}
interface RecordedMixture {
  readonly means: number[];
  readonly standardDeviations: number[];
  readonly weights: number[];
  readonly logLikelihood: number;
  readonly bic: number;
}

const file = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/golden-metrics/${name}`, import.meta.url));
const recorded = JSON.parse(file("statistics.json").toString()) as Recorded;
const arrays = readSafetensors(new Uint8Array(file("statistics.safetensors")));

const sample = (name: string): Float32Array => arrays.float32(`sample/${name}`).data;

suite("assignMaximum() and SciPy's linear_sum_assignment", () => {
  test.each(Object.entries(recorded.assignments))("%s", (name, { total, rows, columns, unique }) => {
    const { data, shape } = arrays.float32(`assignment/${name}`);
    const [nRows = 0, nColumns = 0] = shape;
    // SciPy was asked for the least cost.
    const found = assignMaximum(
      data.map((cost) => -cost),
      nRows,
      nColumns,
    );
    let sum = 0;
    for (const [row, column] of found.entries()) if (column !== -1) sum += data[row * nColumns + column] ?? 0;
    expect(sum).toBeCloseTo(total, 9);
    if (unique) expect([...found].filter((column) => column !== -1)).toEqual(columns);
    if (unique) expect([...found.keys()].filter((row) => found[row] !== -1)).toEqual(rows);
    expect(new Set(found).size).toBe(Math.min(nRows, nColumns) + (nRows > nColumns ? 1 : 0));
  });
});

suite("dipTest() and diptest", () => {
  test.each(Object.entries(recorded.dips))("%s", (name, { n, dip, bootstrapPValue }) => {
    const nBootstrap = 2000;
    const found = dipTest(sample(name), { nBootstrap });
    expect(sample(name)).toHaveLength(n);
    expect(found.dip.value).toBeCloseTo(dip, 12);
    // Five standard errors of a share of 2000.
    const error = 5 * Math.sqrt((bootstrapPValue * (1 - bootstrapPValue)) / nBootstrap) + 1e-3;
    expect(Math.abs((found.pValue.value ?? Number.NaN) - bootstrapPValue)).toBeLessThan(error);
  });
});

suite("sarleCoefficient() and SciPy's skew and kurtosis", () => {
  test.each(Object.entries(recorded.moments))("%s", (name, { skewness, excessKurtosis }) => {
    const n = sample(name).length;
    const expected = (skewness ** 2 + 1) / (excessKurtosis + (3 * (n - 1) ** 2) / ((n - 2) * (n - 3)));
    expect(sarleCoefficient(sample(name)).value).toBeCloseTo(expected, 10);
  });
});

suite("fitMixture() and scikit-learn's GaussianMixture", () => {
  test.each(Object.entries(recorded.mixtures))("%s", (name, { components1, components2 }) => {
    const found = fitMixture(sample(name));
    // Ours may only find a better optimum.
    expect(found.logLikelihood.value).toBeGreaterThan(components2.logLikelihood - 1e-4);
    const isSame = Math.abs((found.logLikelihood.value ?? 0) - components2.logLikelihood) < 1e-3;
    if (!isSame) return;
    const close = (got: number | undefined, wanted: number | undefined): void =>
      expect(Math.abs((got ?? Number.NaN) - (wanted ?? 0))).toBeLessThan(2e-3);
    for (const [i, component] of (found.components ?? []).entries()) {
      close(component.mean, components2.means[i]);
      close(component.std, components2.standardDeviations[i]);
      close(component.weight, components2.weights[i]);
    }
    expect(found.deltaBic.value).toBeCloseTo(components1.bic - components2.bic, 2);
  });

  test("finds the same optimum on most samples", () => {
    const same = Object.entries(recorded.mixtures).filter(
      ([name, { components2 }]) =>
        Math.abs((fitMixture(sample(name)).logLikelihood.value ?? 0) - components2.logLikelihood) < 1e-3,
    );
    expect(same.length).toBeGreaterThanOrEqual(Object.keys(recorded.mixtures).length - 1);
  });
});

suite("subspaceAgreement() and SciPy's subspace_angles", () => {
  const equal = Object.entries(recorded.subspaceAngles).filter(([name]) => {
    const [a, b] = ["a", "b"].map((side) => arrays.float32(`subspace/${name}/${side}`).shape[1]);
    return a === b;
  });

  test.each(equal)("%s", (name, { angles }) => {
    // Columns span the subspaces there, rows do here.
    const [a, b] = ["a", "b"].map((side) => {
      const { data, shape } = arrays.float32(`subspace/${name}/${side}`);
      const [height = 0, rank = 0] = shape;
      return Float32Array.from(data, (_, at) => data[(at % height) * rank + Math.floor(at / height)] ?? 0);
    });
    const rank = angles.length;
    const width = (a?.length ?? 0) / rank;
    const found = subspaceAgreement(a ?? new Float32Array(), b ?? new Float32Array(), width, { rank });
    const overlap = angles.reduce((sum, angle) => sum + Math.cos(angle) ** 2, 0) / rank;
    expect(found.subspaceOverlap.value).toBeCloseTo(overlap, 5);
    const ascending = [...angles].sort((x, y) => x - y);
    for (const [i, angle] of ascending.entries()) {
      expect(Math.abs((found.angles?.[i] ?? Number.NaN) - angle)).toBeLessThan(2e-3);
    }
  });

  test("covers several pairs", () => expect(equal.length).toBeGreaterThanOrEqual(2));
});
