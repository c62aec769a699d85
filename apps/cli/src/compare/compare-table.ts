import type { Colors } from "@plumbline/extract/terminal";
import { shownNumber, textTable } from "@plumbline/extract/terminal";
import type { Agreement, CrossCandidate, MetricValue } from "@plumbline/metrics";
import { type LoadedSae, saeName } from "../load-sae.ts";
import type { Change } from "./changes.ts";
import type { Found } from "./found.ts";
import { maxFiringRate } from "./measure-pair.ts";
import { coarseShares } from "./phi-shares.ts";

const shown = (metric: MetricValue): string =>
  shownNumber(metric.value, metric.value === null ? metric.reason : undefined);

const signed = (value: number, text: string): string => (value > 0 ? `+${text}` : text);

/** `+1.23 %`, or why there is none */
function percent(metric: MetricValue): string {
  if (metric.value === null) return metric.reason;
  const rounded = Number((100 * metric.value).toPrecision(3));
  return `${signed(rounded, shownNumber(rounded))} %`;
}

function difference({ value }: MetricValue): string {
  return value === null ? "" : signed(value, shownNumber(Number(value.toPrecision(3))));
}

function changeRow(name: string, change: Change): string[] {
  return [
    name,
    shown(change.a),
    shown(change.b),
    difference(change.difference),
    percent(change.relativeChange),
  ];
}

function measuredRows({ changes }: Found): string[][] {
  return [
    ["", "a", "b", "a - b", "change"],
    // Its change in percent says nothing, and the next row says what it would.
    changeRow("explained variance", changes.explainedVariance).slice(0, 4),
    changeRow("unexplained variance", changes.unexplainedVariance),
    changeRow("L0", changes.l0),
    changeRow("dead latents", changes.deadLatents),
    changeRow("mean |φ|, all pairs", changes.meanAbsPhi),
    changeRow("  pairs of living latents", changes.meanAbsPhiAlive),
    ...changes.absPhiQuantiles.map(({ q, ...change }) => changeRow(`  |φ| at ${q * 100} %`, change)),
    changeRow("share of pairs with φ < 0", changes.shareNegativePhi),
  ];
}

function histogramRows({ histograms: { edges, a, b } }: Found): string[][] {
  if (a.shares === null) return [[`a: ${a.reason}`]];
  if (b.shares === null) return [[`b: ${b.reason}`]];
  const ofB = coarseShares(edges, b.shares);
  return [
    ["φ", "a", "b", "a - b", "change"],
    ...coarseShares(edges, a.shares).map(({ name, share }, band) => {
      const reference = ofB[band]?.share ?? 0;
      const relative: MetricValue =
        reference === 0 ? { value: null, reason: "0 in b" } : { value: share / reference - 1 };
      return [
        name,
        shownNumber(share),
        shownNumber(reference),
        difference({ value: share - reference }),
        percent(relative),
      ];
    }),
  ];
}

function candidateRows(candidates: readonly CrossCandidate[], whole: string, parts: string): string[][] {
  if (candidates.length === 0) return [["none"]];
  return candidates.map(({ latent, firingRate, partners, phis }) => [
    `${whole} ${latent}`,
    `on ${shownNumber(Number((100 * firingRate).toPrecision(3)))} % of tokens`,
    `${parts} ${partners[0]}`,
    `φ ${shownNumber(phis[0])}`,
    `${parts} ${partners[1]}`,
    `φ ${shownNumber(phis[1])}`,
  ]);
}

function pairingRows({ pairing: { threshold, all, alive } }: Found): string[][] {
  const columns: readonly Agreement[] = alive === undefined ? [all] : [all, alive];
  const row = (name: string, of: (agreement: Agreement) => MetricValue): string[] => [
    name,
    ...columns.map((agreement) => shown(of(agreement))),
  ];
  return [
    ["", "all latents", ...(alive === undefined ? [] : ["living latents"])],
    ["latents of a, of b", ...columns.map(({ decoder }) => decoder.nRows.join(", "))],
    row("decoder: matched cosine", ({ decoder }) => decoder.matchedCosine),
    row(`  above ${threshold}, share`, ({ decoder }) => decoder.shareMatchedAbove),
    row("encoder: matched cosine", ({ encoder }) => encoder.matchedCosine),
    row(`  above ${threshold}, share`, ({ encoder }) => encoder.shareMatchedAbove),
    ...(all.decoder.method === "exact"
      ? []
      : [row("  decoder, at most", ({ decoder }) => decoder.matchedCosineAtMost)]),
  ];
}

function nameRow(letter: string, sae: LoadedSae): string[] {
  const { form, run } = sae;
  const seed = run === undefined ? "" : `seed ${run.seed}`;
  return [letter, saeName(sae), `${form.dIn} → ${form.dSae}`, seed];
}

/** A comparison for people. */
export function compareTable(found: Found, colors: Colors): string {
  const { across } = found.measured;
  const [a, b] = found.saes;
  const part = (title: string, about: string, rows: readonly (readonly string[])[]): string =>
    `${colors.bold(title)}${about === "" ? "" : ` · ${about}`}\n${textTable(rows, { indent: "  " })}`;
  const { unexplainedVariance, meanAbsPhi } = found.changes;
  const headline = `unexplained variance ${percent(unexplainedVariance.relativeChange)} · mean |φ| ${percent(meanAbsPhi.relativeChange)}`;
  const rare = `latents that fire on at most ${100 * maxFiringRate} % of tokens, the largest second φ first`;
  return [
    part("compare", headline, [nameRow("a", a), nameRow("b", b)]),
    part(
      "measured",
      `on the same ${across.nTokens} tokens; dead: silent for all of them; change is (a - b) / b`,
      measuredRows(found),
    ),
    part("pairs within one SAE by φ", "shares of the pairs of living latents", histogramRows(found)),
    part("across", "mean over latents of their largest φ with the other SAE", [
      ["latents of a", shown(across.meanTopPhiA)],
      ["latents of b", shown(across.meanTopPhiB)],
    ]),
    part(
      "may be split in a",
      `two latents of a for one of b; ${rare}`,
      candidateRows(across.splitting, "b", "a"),
    ),
    part(
      "may be merged in a",
      "one latent of a for two of b, chosen likewise",
      candidateRows(across.merging, "a", "b"),
    ),
    part("one to one", "the pairing of latents with the largest sum of cosines", pairingRows(found)),
  ].join("\n\n");
}
