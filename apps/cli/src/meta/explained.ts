import type { DecoderExplanation, Part } from "@plumbline/meta-sae";
import type { MetricValue } from "@plumbline/metrics";
import { plainText } from "./plain-text.ts";
import type { Labels } from "./read-labels.ts";

/** An explanation with what it takes to show it. */
export interface Explained {
  readonly explanation: DecoderExplanation;
  /** explained variance of random rows by the same settings, where it was asked for */
  readonly random: MetricValue | undefined;
  /** for each meta latent the latents that it is a part of, the strongest first */
  readonly wholes: readonly (readonly Part[])[];
  readonly labels: Labels;
  /** lines in each list */
  readonly top: number;
}

/** What latents are listed with: a label in its own column, or in the middle of a line. */
const longest = { column: 80, line: 20 };

/** A latent's label for a column at the end of a line. */
export function labelCell(labels: Labels, latent: number): string {
  return plainText(labels.get(latent) ?? "", { most: longest.column });
}

/** `54 0.61 · 12 0.33`; with labels `54 “Paris” 0.61` */
export function partsText(parts: readonly Part[], labels?: Labels): string {
  return parts
    .map(({ index, value }) => {
      const label = plainText(labels?.get(index) ?? "", { most: longest.line });
      return `${index} ${label === "" ? "" : `“${label}” `}${shownWeight(value)}`;
    })
    .join(" · ");
}

/** Three digits: rows have norm 1. */
export function shownWeight(weight: number): string {
  return weight.toFixed(3);
}

/** What "explained" is, where it stands over a column. */
export const shareFormula = "explained: 1 − ‖row − rebuilt‖² / ‖row − mean‖², mean over all rows";

/** The explained share of a latent's row. */
export function shownShare({ explanation }: Explained, latent: number): string {
  const share = explanation.explainedShares[latent];
  return share === undefined || Number.isNaN(share) ? "undefined: the row is the mean row" : share.toFixed(3);
}

/** `1 part`, `3 parts` */
export function counted(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? "" : "s"}`;
}
