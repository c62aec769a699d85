import type { Colors } from "@plumbline/extract/terminal";
import type { EvaluationResult } from "@plumbline/metrics";
import { shownNumber, textTable } from "../text-table.ts";

type Metrics = Omit<EvaluationResult, "perLatent" | "definitions">;
type Value = { readonly value: number | null; readonly reason?: string };

const shown = (metric: Value | undefined): string => shownNumber(metric?.value, metric?.reason);

/** `1 % 0.4 · 50 % 1 · 99 % 1.2` */
function quantiles(distribution: {
  readonly quantiles: readonly (Value & { readonly q: number })[];
}): string {
  return distribution.quantiles.map((quantile) => `${quantile.q * 100} % ${shown(quantile)}`).join(" · ");
}

/** The metrics of one SAE for people. */
export function evalTable(metrics: Metrics, name: string, colors: Colors): string {
  const { reconstruction: r, sparsity: s, directions: d } = metrics;
  const rows = [
    ["explained variance", shown(r.explainedVariance), ""],
    ["MSE per token", shown(r.squaredErrorPerToken), "sum over dIn, mean over tokens"],
    ["cosine of x and xHat", shown(r.cosine), ""],
    ["L0", shown(s.l0.mean), quantiles(s.l0)],
    ["density", shown(s.density.distribution.mean), quantiles(s.density.distribution)],
    ["dead latents", shown(s.deadLatents.count), `of ${s.dSae}, silent for ${s.deadLatents.nTokens} tokens`],
  ];
  if (d !== undefined) {
    const { all, alive } = d.alignment;
    rows.push(["alignment score", shown(all.distribution.mean), quantiles(all.distribution)]);
    if (alive !== undefined)
      rows.push(["  of living latents", shown(alive.distribution.mean), quantiles(alive.distribution)]);
    rows.push(["  in 0.9 … 1.1", shown(all.shareNearOne), "share of latents"]);
  }
  return `${colors.bold(name)} · ${metrics.nTokens} tokens\n${textTable(rows, { indent: "  " })}`;
}
