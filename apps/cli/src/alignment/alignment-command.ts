import { resolve } from "node:path";
import { writeFileAtomically } from "@plumbline/core/node";
import { type ActionContext, shownNumber, shownPath, textTable } from "@plumbline/extract/terminal";
import type { Bimodality, Distribution, MetricValue } from "@plumbline/metrics";
import { type FiringFlags, measureFirings } from "../eval/measure-firings.ts";
import { findProducts } from "../find-products.ts";
import { loadSae, saeName } from "../load-sae.ts";
import { histogramSvg } from "./histogram-svg.ts";
import { histogramText } from "./histogram-text.ts";
import { type AlignmentReport, measureAlignment } from "./measure-alignment.ts";

/** Flags of `plumbline alignment`. */
export interface AlignmentFlags extends FiringFlags {
  readonly svg?: string;
}

/** Of the dip test's uniform samples. */
const seed = 0;

const shown = (metric: MetricValue): string =>
  shownNumber(metric.value, metric.value === null ? metric.reason : undefined);

function distributionRow(name: string, { mean, quantiles, min, max }: Distribution): string[] {
  const at = (q: number): string => {
    const found = quantiles.find((quantile) => quantile.q === q);
    return found === undefined ? "" : shownNumber(found.value);
  };
  return [name, shown(mean), shownNumber(min.value), at(0.05), at(0.5), at(0.95), shownNumber(max.value)];
}

function modesText(of: string, { sarle, dip, mixture }: Bimodality): string {
  const rows = [
    [`modes of the ${of}`, "", ""],
    [
      "  Hartigan's dip",
      shown(dip.dip),
      `p ${shown(dip.pValue)} against one mode, ${dip.nBootstrap} samples`,
    ],
    ["  Sarle's coefficient", shown(sarle), "a uniform distribution has 0.5556; skew raises it too"],
    ["  two-component mixture", `ΔBIC ${shown(mixture.deltaBic)}`, `Ashman's D ${shown(mixture.ashmanD)}`],
    [
      "    low mode",
      shown(mixture.lowModeMass),
      mixture.lowModeMass.value === null ? "" : "share of latents below it",
    ],
  ];
  return textTable(rows, { indent: "  " });
}

function reportText(report: AlignmentReport, barWidth: number): string {
  const table = textTable(
    [
      ["", "mean", "min", "5 %", "median", "95 %", "max"],
      distributionRow("alignment score", report.score.distribution),
      distributionRow("cosine", report.cosine),
      distributionRow("encoder norm", report.encoderNorm),
      distributionRow("decoder norm", report.decoderNorm),
      distributionRow("leakage", report.leakage),
      distributionRow("nearest decoder row", report.nearestDecoderCosine),
      distributionRow("nearest encoder row", report.nearestEncoderCosine),
    ],
    { indent: "  " },
  );
  const shares = `  in 0.9 … 1.1: ${shown(report.score.shareNearOne)} · below 0.5: ${shown(report.score.shareBelowHalf)}`;
  return [
    table,
    shares,
    "",
    histogramText(report.score.histogram, { width: barWidth }),
    "",
    modesText("scores", report.modes),
    modesText("cosines", report.cosineModes),
  ].join("\n");
}

/** `plumbline alignment <run|checkpoint>`: how true each latent's encoder direction hangs to its decoder direction. */
export async function alignment(context: ActionContext<AlignmentFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  const sae = await loadSae(resolve(io.cwd, args[0] ?? ""));
  const firings = await measureFirings([sae], context, "alignment");
  const counts = firings?.counts[0];
  const { all, alive } = measureAlignment(sae.form, {
    ...(counts === undefined ? {} : { firings: counts }),
    products: await findProducts(),
    seed,
  });
  const name = saeName(sae);
  const barWidth = Math.max(10, Math.min(60, (io.stdout.columns ?? 80) - 30));
  output.data(`${output.colors.bold(name)} · all ${sae.form.dSae} latents\n${reportText(all, barWidth)}`);
  if (alive !== undefined && firings !== undefined) {
    const about = `${alive.modes.n} living latents, of ${firings.nTokens} tokens`;
    output.data(`\n${output.colors.bold(name)} · ${about}\n${reportText(alive, barWidth)}`);
  }
  output.event({
    type: "alignment-end",
    v: 1,
    sae: name,
    seed,
    nTokens: firings?.nTokens ?? null,
    // Plain data by its contract; JSON.stringify is the check.
    ...JSON.parse(JSON.stringify(alive === undefined ? { all } : { all, alive })),
  });
  if (flags.svg !== undefined) {
    const file = resolve(io.cwd, flags.svg);
    const series = [
      { name: `all ${sae.form.dSae} latents`, histogram: all.score.histogram },
      ...(alive === undefined ? [] : [{ name: `${alive.modes.n} living`, histogram: alive.score.histogram }]),
    ];
    const title = `Alignment scores, ${name}`;
    await writeFileAtomically(
      file,
      histogramSvg(series, { title, label: "⟨encoder row, decoder row⟩", mark: 1 }),
    );
    output.say(`picture ${shownPath(file, io.cwd)}`);
  }
  return undefined;
}
