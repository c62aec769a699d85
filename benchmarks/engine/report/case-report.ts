import type { Case } from "../cases.ts";
import { alignedCeilings, judge, stepFloors, type Verdict, verdictText } from "../floors.ts";
import type { Measured } from "../rounds.ts";
import { sizesText, type Workload } from "../workloads.ts";
import { type Costs, costNames, costsOf, decisive, fastest, peakOf, ratios } from "./compare.ts";
import { megabytes, short } from "./numbers.ts";
import { tableLines } from "./table.ts";

/** A case that was measured. */
export interface CaseResult {
  readonly workload: Workload;
  readonly case: Case;
  readonly threads: number;
  readonly measured: readonly Measured[];
}

/** Text, and the bounds that were looked at on the way. */
export interface Report {
  readonly lines: readonly string[];
  readonly verdicts: readonly Verdict[];
}

const shorts = (costs: Costs): string[] => costNames.map((name) => short(costs[name]));

/** How many large matrix products that takes: a variant's number is that of a step, and encoding is one of them. */
function gemmsText(gemms: number | undefined, work: string): string {
  if (gemms === undefined) return "";
  return work === "encode" ? " (1 GEMM)" : ` (${gemms} GEMMs)`;
}

const nameOf = (one: Measured, work: string): string => `${one.name}${gemmsText(one.gemms, work)}`;

/** Whether the case is about aligned engines; free ones in it are there to be compared with those. */
const isAligned = (one: Case): boolean => one.ours.some((entry) => entry.aligned);

function timesLines({ workload, measured }: CaseResult, work: string): string[] {
  const { batchSize } = workload.sizes;
  const encodes = work === "encode";
  const last = encodes ? ["rows/s best", "median"] : ["peak MB", "loss"];
  const rows = measured.flatMap((one) => {
    const costs = costsOf(one, work);
    if (costs === undefined) return [];
    const rates = [costs.wallMin, costs.wallMedian].map((ms) => ((batchSize * 1000) / ms).toFixed(0));
    const ends = [megabytes(peakOf(one)), one.loss === undefined ? "" : short(one.loss)];
    const turns = String(one.times[work]?.cpuMs.length);
    return [[nameOf(one, work), turns, ...shorts(costs), ...(encodes ? rates : ends)]];
  });
  return tableLines([["ms", "turns", "CPU min", "median", "wall min", "median", ...last], ...rows]);
}

function ratioReport(result: CaseResult, work: string): Report {
  const { workload, measured, threads } = result;
  const verdicts: Verdict[] = [];
  const rows: string[][] = [];
  for (const one of measured) {
    const ours = costsOf(one, work);
    if (one.engine === undefined || one.aligned !== isAligned(result.case) || ours === undefined) continue;
    for (const variant of result.case.torch) {
      const theirs = fastest(measured, variant, work);
      if (theirs === undefined) continue;
      const ratio = ratios(theirs, ours);
      const floor = result.case.name === "topk" ? stepFloors[workload.name]?.[one.engine] : undefined;
      const held = variant === result.case.reference && floor !== undefined;
      const what = `${workload.name} ${result.case.name}, ${work}: ${one.name}`;
      const verdict = held ? judge(what, decisive(ratio, threads), { floor }) : undefined;
      if (verdict !== undefined) verdicts.push(verdict);
      const gemms = measured.find((other) => other.variant === variant)?.gemms;
      const label = `${variant}${gemmsText(gemms, work)} / ${one.name}`;
      rows.push([label, ...shorts(ratio), verdictText(verdict)]);
    }
  }
  if (rows.length === 0) return { lines: [], verdicts };
  const head = ["torch / ours", "CPU min", "median", "wall min", "median", "floor"];
  return { lines: ["", ...tableLines([head, ...rows])], verdicts };
}

function alignedReport(result: CaseResult, work: string): Report {
  const { workload, measured, threads } = result;
  const verdicts: Verdict[] = [];
  const rows: string[][] = [];
  for (const one of measured) {
    const free = measured.find((other) => other.engine === one.engine && other.aligned === false);
    const [above, below] = [costsOf(one, work), free === undefined ? undefined : costsOf(free, work)];
    if (one.engine === undefined || !one.aligned || above === undefined || below === undefined) continue;
    const ratio = ratios(above, below);
    const ceiling = alignedCeilings[one.engine];
    const what = `${workload.name} aligned / free, ${work}: ${one.engine}`;
    const held = workload.name.startsWith("W") && ceiling !== undefined;
    const verdict = held ? judge(what, decisive(ratio, threads), { ceiling }) : undefined;
    if (verdict !== undefined) verdicts.push(verdict);
    rows.push([one.engine, ...shorts(ratio), verdictText(verdict)]);
  }
  if (rows.length === 0) return { lines: [], verdicts };
  const head = ["aligned / free", "CPU min", "median", "wall min", "median", "ceiling"];
  return { lines: ["", ...tableLines([head, ...rows])], verdicts };
}

/** What our engines said of one step at the end: L0, what screening did, and phases where an engine times them. */
function statisticsLines({ measured }: CaseResult): string[] {
  const known = measured.flatMap(({ name, statistics }) =>
    statistics === undefined ? [] : [{ name, statistics }],
  );
  const columns = [...new Set(known.flatMap(({ statistics }) => Object.keys(statistics)))];
  if (columns.length === 0) return [];
  const rows = known.map(({ name, statistics }) => [
    name,
    ...columns.map((column) => {
      const value = statistics[column];
      return value === undefined ? "" : short(value);
    }),
  ]);
  return ["", ...tableLines([["a step's own report", ...columns], ...rows])];
}

/** All tables of a case. */
export function caseReport(result: CaseResult): Report {
  const { workload, threads, measured } = result;
  const lines: string[] = [];
  const verdicts: Verdict[] = [];
  if (measured.length === 0) return { lines, verdicts };
  for (const work of Object.keys(result.case.works)) {
    const title = work === "encode" ? result.case.name : `${result.case.name}, ${work}`;
    lines.push("", `${workload.name} ${title} (${sizesText(workload.sizes)}, threads ${threads})`, "");
    lines.push(...timesLines(result, work));
    for (const report of [ratioReport(result, work), alignedReport(result, work)]) {
      lines.push(...report.lines);
      verdicts.push(...report.verdicts);
    }
  }
  lines.push(...statisticsLines(result));
  return { lines, verdicts };
}
