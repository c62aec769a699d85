import { judge, memoryCeiling, type Verdict, verdictText } from "../floors.ts";
import type { Measured } from "../rounds.ts";
import { sizesText, type Workload } from "../workloads.ts";
import type { Report } from "./case-report.ts";
import { type Costs, costsOf, peakOf } from "./compare.ts";
import { megabytes, short } from "./numbers.ts";
import { tableLines } from "./table.ts";

const work = "clip off";

/** One width that was measured. */
export interface ScalingResult {
  readonly dSae: number;
  readonly measured: readonly Measured[];
}

export interface ScalingOptions {
  readonly workload: Workload;
  readonly threads: number;
  readonly results: readonly ScalingResult[];
}

/** Names in the order in which they first take part. */
const namesOf = (results: readonly ScalingResult[], isOurs: boolean): string[] => [
  ...new Set(
    results.flatMap(({ measured }) =>
      measured.filter((one) => (one.engine !== undefined) === isOurs).map(({ name }) => name),
    ),
  ),
];

/** A quantity of a participant at each width, the least of PyTorch's, and how they compare. */
function quantityLines(
  results: readonly ScalingResult[],
  options: {
    head: string;
    of: (one: Measured) => number;
    text: (value: number) => string;
    compare: (ours: number, theirs: number) => string;
  },
): string[] {
  const { head, of, text, compare } = options;
  const [theirs, ours] = [namesOf(results, false), namesOf(results, true)];
  const heads = [head, ...theirs, ...ours.flatMap((name) => (theirs.length > 0 ? [name, ""] : [name]))];
  const rows = results.map(({ dSae, measured }) => {
    const value = (name: string): number => {
      const one = measured.find((other) => other.name === name);
      return one === undefined ? Number.NaN : of(one);
    };
    const least = Math.min(...theirs.map(value).filter(Number.isFinite));
    const cells = ours.flatMap((name) => {
      const own = value(name);
      return theirs.length > 0 ? [text(own), compare(own, least)] : [text(own)];
    });
    return [String(dSae), ...theirs.map((name) => text(value(name))), ...cells];
  });
  return tableLines([heads, ...rows]);
}

function memoryVerdicts(results: readonly ScalingResult[]): Verdict[] {
  const { dSae, ratio } = memoryCeiling;
  const measured = results.find((one) => one.dSae === dSae)?.measured ?? [];
  const theirs = measured.filter(({ engine }) => engine === undefined).map(peakOf);
  if (theirs.length === 0) return [];
  return measured
    .filter(({ engine }) => engine !== undefined)
    .map((one) =>
      judge(`peak memory / torch's, dSae ${dSae}: ${one.name}`, peakOf(one) / Math.min(...theirs), {
        ceiling: ratio,
      }),
    );
}

/** Time and peak memory of a TopK step over the width of the SAE. */
export function scalingReport({ workload, threads, results }: ScalingOptions): Report {
  const cost = (name: keyof Costs) => (one: Measured) => costsOf(one, work)?.[name] ?? Number.NaN;
  const finite = (text: (value: number) => string) => (value: number) =>
    Number.isFinite(value) ? text(value) : "–";
  const times = (ours: number, theirs: number): string =>
    Number.isFinite(theirs / ours) ? `× ${short(theirs / ours)}` : "";
  const share = (ours: number, theirs: number): string =>
    Number.isFinite(ours / theirs) ? `${((100 * ours) / theirs).toFixed(0)} %` : "";
  const sizes = sizesText(workload.sizes).replace(/dSae \d+/, "dSae as below");
  const timeOf = (head: string, name: keyof Costs): string[] =>
    quantityLines(results, { head, of: cost(name), text: finite(short), compare: times });
  const verdicts = memoryVerdicts(results);
  return {
    lines: [
      "",
      `${workload.name} scaling: TopK step, clip off (${sizes}, threads ${threads}); × is torch / ours, % is ours / torch`,
      "",
      ...timeOf("CPU ms, min", "cpuMin"),
      "",
      ...timeOf("wall ms, min", "wallMin"),
      "",
      ...quantityLines(results, { head: "peak MB", of: peakOf, text: finite(megabytes), compare: share }),
      ...verdicts.map((verdict) => `${verdict.what} ${short(verdict.measured)} ${verdictText(verdict)}`),
    ],
    verdicts,
  };
}
