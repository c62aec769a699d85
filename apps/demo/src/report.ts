import type { Measurement } from "./measurements.ts";
import type { Contestant, DemoSettings } from "./settings.ts";
import { textTable } from "./text-table.ts";
import type { LatentTokens } from "./top-tokens.ts";

/** One SAE of the demo with what was found out about it. */
export interface Result {
  readonly contestant: Contestant;
  readonly measurement: Measurement;
}

const fixed = (value: number | null, digits: number): string =>
  value === null ? "undefined" : value.toFixed(digits);

/** The quantiles of the alignment score that the table shows, out of those measured. */
const shownQuantiles: readonly (readonly [q: number, name: string])[] = [
  [0.05, "5 %"],
  [0.5, "median"],
  [0.95, "95 %"],
];

function alignmentRows(results: readonly Result[]): string[][] {
  const measurements = results.map(({ measurement }) => measurement);
  return [
    ["alignment score, lowest", ...measurements.map((m) => fixed(m.alignmentMin, 6))],
    ...shownQuantiles.map(([wanted, name]) => [
      `  ${name}`,
      ...measurements.map((m) => fixed(m.alignmentQuantiles.find(({ q }) => q === wanted)?.value ?? null, 4)),
    ]),
    ["  highest", ...measurements.map((m) => fixed(m.alignmentMax, 6))],
  ];
}

/** The table of the comparison: one column an SAE. */
export function comparisonTable(results: readonly Result[], settings: DemoSettings): string {
  const { trainTokens, heldOutTokens, batchSize, dSae, k, lr, hookPoint } = settings;
  const of = (name: string, show: (result: Result) => string): string[] => [name, ...results.map(show)];
  const rows = [
    of("", ({ contestant }) => contestant.title),
    of("encoder rows start at", ({ contestant }) => `${contestant.encoderInit.toFixed(1)} · decoder`),
    of("explained variance", ({ measurement }) => fixed(measurement.explainedVariance, 4)),
    of("L0 (latents per token)", ({ measurement }) => fixed(measurement.l0, 2)),
    of("dead latents", ({ measurement }) => fixed(measurement.deadLatents, 0)),
    ...alignmentRows(results),
    of("seconds per step", ({ measurement }) => fixed(measurement.secondsPerStep, 3)),
  ];
  return [
    `TopK SAEs (dSae ${dSae}, k ${k}) on the residual stream at ${hookPoint} (dIn 512) of the Universal Sentence Encoder Lite.`,
    `Trained on ${trainTokens} tokens (${Math.ceil(trainTokens / batchSize)} steps of ${batchSize}, learning rate ${lr}) in one order for all, measured on ${heldOutTokens} tokens`,
    "of chapters and addresses that none of them saw: the 8th, 16th, … of each text.",
    "",
    textTable(rows),
    "alignment score: encoder direction · decoder direction of a latent. dead: fires on no held-out token.",
    "seconds per step: median wall time, all of them training at once.",
    "",
  ].join("\n");
}

/** What the table does not say. */
export function caveats(settings: DemoSettings): string {
  return [
    "What this scale cannot show:",
    `- Dead latents: they hardly occur within ${settings.trainTokens} tokens, and a count may be latents that are only rare.`,
    "- Stability: whether another run finds the same latents needs several seeds, and this is one.",
    "- Which is better: one learning rate was tried, and the order can depend on it; README.md has others, measured.",
    '- "free" alone would flatter alignment; that is why a free SAE with a small start stands beside it.',
    "",
  ].join("\n");
}

/** Tokens of a passage around one of them, as text, the one in brackets. */
export function contextText(pieces: readonly string[], position: number, reach = 8): string {
  const start = Math.max(0, position - reach);
  const end = Math.min(pieces.length, position + reach + 1);
  const piece = pieces[position] ?? "";
  const before = pieces.slice(start, position).join("").trimStart();
  const after = pieces.slice(position + 1, end).join("");
  const space = piece.startsWith(" ") && before !== "" ? " " : "";
  const marked = `${space}[${piece.trimStart()}]`;
  return `${start > 0 ? "…" : ""}${before}${marked}${after}${end < pieces.length ? "…" : ""}`;
}

/** Where a token stands: in which pieces, at which position, in which document. */
export interface TokenPlace {
  readonly pieces: readonly string[];
  readonly position: number;
  readonly from: string;
}

/** A few latents of one SAE with the tokens that fire them most. */
export function latentsText(
  latents: readonly LatentTokens[],
  options: { title: string; nTokens: number; placeOf: (row: number) => TokenPlace },
): string {
  const { title, nTokens, placeOf } = options;
  const lines = [`${title}: latents at even steps from rare to frequent, strongest tokens in brackets`];
  for (const { latent, nFirings, top } of latents) {
    lines.push(`  latent ${latent}, fires on ${((100 * nFirings) / nTokens).toFixed(2)} % of tokens`);
    const rows = top.map(({ row, value }) => {
      const { pieces, position, from } = placeOf(row);
      return `    ${value.toFixed(1).padStart(6)}  ${contextText(pieces, position)}  (${from.split(":")[0]})`;
    });
    lines.push(...rows);
  }
  if (latents.length === 0) lines.push("  no latent fires often enough to be shown");
  return `${lines.join("\n")}\n`;
}
