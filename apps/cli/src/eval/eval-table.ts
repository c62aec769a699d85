import type { Colors } from "@plumbline/extract/terminal";
import { shownNumber, textTable } from "@plumbline/extract/terminal";
import type { Distribution, EvaluationResult, MetricInterval } from "@plumbline/metrics";
import type { Measured } from "./measure-sae.ts";

type Value = { readonly value: number | null; readonly reason?: string };

const shown = (metric: Value | undefined): string => shownNumber(metric?.value, metric?.reason);

/** `1 % 0.4 · 50 % 1 · 99 % 1.2` */
function quantiles({ quantiles: all }: Distribution): string {
  return all.map((quantile) => `${quantile.q * 100} % ${shown(quantile)}`).join(" · ");
}

/** `0.71 … 0.73`, the interval of 95 % */
function interval(found: MetricInterval): string {
  return "reason" in found ? "" : `${shownNumber(found.low)} … ${shownNumber(found.high)}`;
}

function reconstructionRows({ reconstruction: r }: EvaluationResult): string[][] {
  const { intervals } = r.confidence;
  return [
    ["explained variance", shown(r.explainedVariance), interval(intervals.explainedVariance)],
    [
      "MSE per token",
      shown(r.squaredErrorPerToken),
      [interval(intervals.squaredErrorPerToken), "sum over dIn, mean over tokens"]
        .filter((text) => text !== "")
        .join(" · "),
    ],
    ["cosine of x and xHat", shown(r.cosine), interval(intervals.cosine)],
    ["l2 ratio", shown(r.l2Ratio), interval(intervals.l2Ratio)],
    ["relative bias", shown(r.relativeReconstructionBias), interval(intervals.relativeReconstructionBias)],
  ];
}

function sparsityRows({ sparsity: s }: EvaluationResult): string[][] {
  return [
    ["L0", shown(s.l0.mean), quantiles(s.l0)],
    ["density", shown(s.density.distribution.mean), quantiles(s.density.distribution)],
    ["dead latents", shown(s.deadLatents.count), `of ${s.dSae}, silent for ${s.deadLatents.nTokens} tokens`],
    ["dense latents", shown(s.density.shareAbove10Percent), "share of latents that fire on more than 10 %"],
  ];
}

function directionRows({ directions: d }: EvaluationResult): string[][] {
  if (d === undefined) return [];
  const { all, alive } = d.alignment;
  return [
    ["alignment score", shown(all.distribution.mean), quantiles(all.distribution)],
    ...(alive === undefined
      ? []
      : [["  of living latents", shown(alive.distribution.mean), quantiles(alive.distribution)]]),
    ["  in 0.9 … 1.1", shown(all.shareNearOne), "share of latents"],
  ];
}

function furtherRows({ peers, cooccurrence }: Measured): string[][] {
  const rows: string[][] = [];
  if (cooccurrence !== undefined) {
    const [pair] = cooccurrence.topByPhi;
    rows.push(
      ["mean |φ|", shown(cooccurrence.meanAbsPhi), "over all pairs of latents"],
      ["  of living latents", shown(cooccurrence.alive.meanAbsPhi), ""],
      [
        "  largest φ",
        pair === undefined ? "none" : shownNumber(pair.phi),
        pair === undefined ? "" : `latents ${pair.i} and ${pair.j}, together on ${pair.nBoth} tokens`,
      ],
    );
  }
  for (const group of [peers?.reconstruction, peers?.sparsity]) {
    for (const [name, value] of Object.entries(group ?? {})) {
      if (typeof value === "object" && value !== null && "value" in value)
        rows.push([name, shown(value as Value), ""]);
    }
  }
  return rows;
}

/** The metrics of one SAE for people. */
export function evalTable(measured: Measured, name: string, colors: Colors): string {
  const { evaluation } = measured;
  const rows = [
    ...reconstructionRows(evaluation),
    ...sparsityRows(evaluation),
    ...directionRows(evaluation),
    ...furtherRows(measured),
  ];
  const { nBlocks } = evaluation.reconstruction.confidence;
  const about = `${evaluation.nTokens} tokens · ranges are 95 % intervals by ${nBlocks} blocks of tokens`;
  return `${colors.bold(name)} · ${about}\n${textTable(rows, { indent: "  " })}`;
}

/** `0.7136 ± 0.004` */
function withHalfWidth(value: Value, found: MetricInterval): string {
  if (value.value === null || "reason" in found) return shown(value);
  return `${shown(value)} ± ${Number(((found.high - found.low) / 2).toPrecision(2))}`;
}

/** The metrics of several SAEs, a column each. */
export function comparisonTable(
  saes: readonly { readonly name: string; readonly evaluation: EvaluationResult }[],
  colors: Colors,
): string {
  const row = (name: string, cell: (evaluation: EvaluationResult) => string): string[] => [
    name,
    ...saes.map(({ evaluation }) => cell(evaluation)),
  ];
  const rows = [
    row("", () => "").map((_, column) => (column === 0 ? "" : (saes[column - 1]?.name ?? ""))),
    row("explained variance", ({ reconstruction: r }) =>
      withHalfWidth(r.explainedVariance, r.confidence.intervals.explainedVariance),
    ),
    row("MSE per token", ({ reconstruction: r }) =>
      withHalfWidth(r.squaredErrorPerToken, r.confidence.intervals.squaredErrorPerToken),
    ),
    row("cosine of x and xHat", ({ reconstruction: r }) =>
      withHalfWidth(r.cosine, r.confidence.intervals.cosine),
    ),
    row("l2 ratio", ({ reconstruction: r }) => withHalfWidth(r.l2Ratio, r.confidence.intervals.l2Ratio)),
    row("L0", ({ sparsity: s }) => withHalfWidth(s.l0.mean, s.confidence.intervals.l0)),
    row("dead latents", ({ sparsity: s }) => `${shown(s.deadLatents.count)} of ${s.dSae}`),
    row("dense latents", ({ sparsity: s }) => shown(s.density.shareAbove10Percent)),
    row("alignment score", ({ directions: d }) => shown(d?.alignment.all.distribution.mean)),
    row("  in 0.9 … 1.1", ({ directions: d }) => shown(d?.alignment.all.shareNearOne)),
  ];
  const nTokens = saes[0]?.evaluation.nTokens ?? 0;
  const about = `${nTokens} tokens · ± is half of a 95 % interval by blocks of tokens; dead: silent for all of them`;
  return `${colors.bold("eval")} · ${about}\n${textTable(rows, { indent: "  " })}`;
}
