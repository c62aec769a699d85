import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";

type MetricValue = { readonly value: number } | { readonly value: null; readonly reason: string };

/** The part of an `eval-end` line that the demo reads. */
interface EvalEnd {
  readonly metrics: {
    readonly nTokens: number;
    readonly reconstruction: { readonly explainedVariance: MetricValue };
    readonly sparsity: {
      readonly l0: { readonly mean: MetricValue };
      readonly deadLatents: { readonly count: MetricValue };
    };
    readonly directions: {
      readonly alignment: {
        readonly all: {
          readonly distribution: {
            readonly min: MetricValue;
            readonly max: MetricValue;
            readonly quantiles: readonly (MetricValue & { readonly q: number })[];
          };
        };
      };
    };
  };
}

/** One SAE in numbers, on held-out tokens. A number that is undefined there is null. */
export interface Measurement {
  readonly explainedVariance: number | null;
  /** latents that fire on a token, mean */
  readonly l0: number | null;
  /** latents that fire on none of the held-out tokens */
  readonly deadLatents: number | null;
  readonly alignmentMin: number | null;
  readonly alignmentMax: number | null;
  /** alignment score by level, in 0..1, over all latents */
  readonly alignmentQuantiles: readonly { readonly q: number; readonly value: number | null }[];
  /** median over training steps, the first left out */
  readonly secondsPerStep: number | null;
}

/** The line of a given type among lines of JSON. */
function lineOfType(lines: string, type: string): unknown {
  for (const line of lines.split("\n")) {
    if (line.trim() === "") continue;
    const value = JSON.parse(line) as { type?: unknown };
    if (value.type === type) return value;
  }
  throw new PlumblineError({
    code: "no-result",
    kind: "bug",
    message: `[demo] expected a line of type ${type}, got none`,
    hint: "are the command line and the demo of fitting versions?",
  });
}

/** Median, the mean of the middle two where there are two. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/**
 * Reads what a run measured of itself: step times from its log.
 *
 * @param log lines of `metrics.ndjson`
 */
export function secondsPerStep(log: string): number | null {
  const times = log
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as { type?: string; step?: number; perf?: { msPerStep?: number } })
    .filter(({ type }) => type === "step")
    .map(({ perf }) => perf?.msPerStep)
    .filter((ms) => ms !== undefined);
  const typical = median(times.slice(1));
  return typical === null ? null : typical / 1000;
}

/**
 * One SAE's row of the result.
 *
 * @param evaluation what `plumbline eval --json` wrote to stdout
 * @param log lines of the run's `metrics.ndjson`
 * @throws PlumblineError `no-result`
 */
export function measurementOf(evaluation: string, log: string): Measurement {
  const { metrics } = lineOfType(evaluation, "eval-end") as EvalEnd;
  const { reconstruction, sparsity, directions } = metrics;
  const { min, max, quantiles } = directions.alignment.all.distribution;
  return {
    explainedVariance: reconstruction.explainedVariance.value,
    l0: sparsity.l0.mean.value,
    deadLatents: sparsity.deadLatents.count.value,
    alignmentMin: min.value,
    alignmentMax: max.value,
    alignmentQuantiles: quantiles.map(({ q, value }) => ({ q, value })),
    secondsPerStep: secondsPerStep(log),
  };
}

/** The checkpoint that a run's `latest` names. */
export async function latestCheckpoint(run: string): Promise<string> {
  const folder = join(run, "checkpoints");
  return join(folder, (await readFile(join(folder, "latest"), "utf8")).trim());
}
