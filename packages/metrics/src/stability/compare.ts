import { PlumblineError } from "@plumbline/core";
import type { Directions } from "../directions/directions.ts";
import { type MetricValue, ratio } from "../values/metric-value.ts";
import { meanRow, unitRows } from "../values/unit-rows.ts";
import { agreementOf, type RowAgreement } from "./agreement.ts";
import { type MatchOptions, matchRows } from "./match-rows.ts";
import type { RowMatches } from "./row-matches.ts";
import { type SubspaceAgreement, subspaceAgreement } from "./subspaces.ts";

/** A dictionary of one run, and which of its latents live. */
export interface Dictionary {
  readonly form: Directions;
  /** [dSae] above 0 where a latent fired: firings or densities. Left out, nothing is said of living latents. */
  readonly firings?: ArrayLike<number>;
}

/** What is compared and how. */
export interface CompareOptions extends MatchOptions {
  /** a match counts above this cosine; 0.7 by default */
  readonly threshold?: number;
  /** also cosines of decoder rows less their mean, which dictionaries may share; false by default */
  readonly centred?: boolean;
  /** dimensions of the subspaces that are compared; none by default */
  readonly ranks?: readonly number[];
}

/** Agreement over one set of latents. */
export interface Agreement {
  readonly decoder: RowAgreement;
  readonly decoderCentred?: RowAgreement;
  readonly encoder: RowAgreement;
  readonly sharedIndependently: MetricValue;
  readonly sharedTogether: MetricValue;
  readonly matchesAgree: MetricValue;
}

/** Agreement of two dictionaries: over all latents, and over those that live in both. */
export interface Comparison {
  readonly threshold: number;
  readonly all: Agreement;
  /** absent where firings are not known */
  readonly alive?: Agreement;
  readonly subspaces: readonly SubspaceAgreement[];
}

/** A comparison with what was matched. */
export interface DetailedComparison extends Comparison {
  /** decoder rows of all latents */
  readonly matches: RowMatches;
}

export const defaultThreshold = 0.7;

function checkWidths(a: Dictionary, b: Dictionary): void {
  if (a.form.dIn === b.form.dIn) return;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "input",
    message: `[metrics] compareDictionaries(): expected dictionaries of one dIn, got ${a.form.dIn} and ${b.form.dIn}`,
    hint: "compare SAEs of the same hook point",
  });
}

/** Rows of living latents. */
function living(rows: Float32Array, width: number, firings: ArrayLike<number>): Float32Array {
  const which = Array.from({ length: rows.length / width }, (_, i) => i).filter((i) => (firings[i] ?? 0) > 0);
  const out = new Float32Array(which.length * width);
  which.forEach((row, i) => {
    out.set(rows.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

/** Which matched latents agree in both their rows. */
function shared(decoder: RowMatches, encoder: RowMatches, threshold: number) {
  const n = Math.min(decoder.nRows, decoder.nColumns);
  let [apart, together, agree] = [0, 0, 0];
  for (let row = 0; row < decoder.nRows; row++) {
    const isShared =
      (decoder.cosines[row] as number) > threshold && (encoder.cosines[row] as number) > threshold;
    const isSame = decoder.columnOf[row] !== -1 && decoder.columnOf[row] === encoder.columnOf[row];
    if (isShared) apart++;
    if (isSame) agree++;
    if (isShared && isSame) together++;
  }
  const share = (count: number): MetricValue => ratio(count, n, "one of the dictionaries has no latents");
  return {
    sharedIndependently: share(apart),
    sharedTogether: share(together),
    matchesAgree: share(agree),
  };
}

function agree(
  [a, b]: readonly [Directions, Directions],
  options: CompareOptions & { threshold: number },
): { agreement: Agreement; matches: RowMatches } {
  const { threshold, centred = false } = options;
  const width = a.dIn;
  const match = (x: Float32Array, y: Float32Array): RowMatches => matchRows(x, y, width, options);
  const matches = match(unitRows(a.decoder, width), unitRows(b.decoder, width));
  const encoder = match(unitRows(a.encoder, width), unitRows(b.encoder, width));
  const without = (rows: Float32Array): Float32Array =>
    unitRows(rows, width, { centre: meanRow(rows, width) });
  const agreement: Agreement = {
    decoder: agreementOf(matches, threshold),
    ...(centred
      ? { decoderCentred: agreementOf(match(without(a.decoder), without(b.decoder)), threshold) }
      : {}),
    encoder: agreementOf(encoder, threshold),
    ...shared(matches, encoder, threshold),
  };
  return { agreement, matches };
}

/** The same with the living latents only. */
function withLiving({ form, firings }: Dictionary): Directions {
  if (firings === undefined) return form;
  const { dIn } = form;
  const encoder = living(form.encoder, dIn, firings);
  return { dIn, dSae: encoder.length / dIn, encoder, decoder: living(form.decoder, dIn, firings) };
}

/**
 * Compares two dictionaries: mean max cosine, cosine under the best one-to-one assignment, share of latents that both have, for
 * decoder rows and for encoder rows, over all latents and over those that live in both, and the subspaces they span.
 *
 * Rows that never trained keep random directions, and dictionaries that start alike look alike: compare the dictionaries of
 * step 0 too.
 *
 * @throws PlumblineError `shape-mismatch`
 * @source definitions with their origin: `metricDefinitions`
 * @example
 * import { compareDictionaries } from "@plumbline/metrics";
 *
 * const form = { dIn: 2, dSae: 2, encoder: Float32Array.of(1, 0, 0, 1), decoder: Float32Array.of(1, 0, 0, 1) };
 * const swapped = { ...form, encoder: Float32Array.of(0, 1, 1, 0), decoder: Float32Array.of(0, 2, 2, 0) };
 * const { all } = compareDictionaries({ form }, { form: swapped });
 * console.log(all.decoder.matchedCosine, all.sharedTogether); // { value: 1 } { value: 1 }
 */
export function compareDictionaries(
  a: Dictionary,
  b: Dictionary,
  options: CompareOptions = {},
): DetailedComparison {
  checkWidths(a, b);
  const { threshold = defaultThreshold, ranks = [], products } = options;
  // First what is cheap and may refuse.
  const subspaces = ranks.map((rank) =>
    subspaceAgreement(a.form.decoder, b.form.decoder, a.form.dIn, {
      rank,
      ...(products === undefined ? {} : { products }),
    }),
  );
  const { agreement, matches } = agree([a.form, b.form], { ...options, threshold });
  const isAliveKnown = a.firings !== undefined && b.firings !== undefined;
  return {
    threshold,
    all: agreement,
    ...(isAliveKnown
      ? { alive: agree([withLiving(a), withLiving(b)], { ...options, threshold }).agreement }
      : {}),
    subspaces,
    matches,
  };
}
