import { PlumblineError } from "@plumbline/core";
import { type Distribution, distributionOf } from "../values/distribution.ts";
import type { MetricValue } from "../values/metric-value.ts";
import type { RowAgreement } from "./agreement.ts";
import {
  type Agreement,
  type CompareOptions,
  type Comparison,
  compareDictionaries,
  type Dictionary,
  defaultThreshold,
} from "./compare.ts";
import type { RowMatches } from "./row-matches.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What a set of rows says over all pairs of runs. */
export interface RowSpread {
  /** mean of both directions */
  readonly meanMaxCosine: Spread;
  readonly matchedCosine: Spread;
  readonly shareMatchedAbove: Spread;
}

/** Agreement over all pairs of runs. */
export interface AgreementSpread {
  readonly decoder: RowSpread;
  readonly decoderCentred?: RowSpread;
  readonly encoder: RowSpread;
  readonly sharedIndependently: Spread;
  readonly sharedTogether: Spread;
  readonly matchesAgree: Spread;
}

/** How stable dictionaries are over runs that differ in their seed. Plain data that survives a round trip through JSON. */
export interface StabilityResult {
  readonly version: 1;
  readonly nRuns: number;
  readonly threshold: number;
  readonly all: AgreementSpread;
  /** absent where firings are not known */
  readonly alive?: AgreementSpread;
  /** over all latents of all runs */
  readonly featureStability: Distribution;
  readonly subspaces: readonly {
    readonly rank: number;
    readonly byChance: number;
    readonly overlap: Spread;
  }[];
  readonly pairs: readonly (Comparison & { readonly runs: readonly [number, number] })[];
}

function meanOfBoth([a, b]: readonly [MetricValue, MetricValue]): MetricValue {
  if (a.value === null) return a;
  return b.value === null ? b : { value: (a.value + b.value) / 2 };
}

function rowSpread(rows: readonly RowAgreement[]): RowSpread {
  return {
    meanMaxCosine: spreadOf(rows.map(({ meanMaxCosine }) => meanOfBoth(meanMaxCosine))),
    matchedCosine: spreadOf(rows.map(({ matchedCosine }) => matchedCosine)),
    shareMatchedAbove: spreadOf(rows.map(({ shareMatchedAbove }) => shareMatchedAbove)),
  };
}

function agreementSpread(agreements: readonly Agreement[]): AgreementSpread {
  const centred = agreements.flatMap(({ decoderCentred }) =>
    decoderCentred === undefined ? [] : [decoderCentred],
  );
  return {
    decoder: rowSpread(agreements.map(({ decoder }) => decoder)),
    ...(centred.length > 0 ? { decoderCentred: rowSpread(centred) } : {}),
    encoder: rowSpread(agreements.map(({ encoder }) => encoder)),
    sharedIndependently: spreadOf(agreements.map(({ sharedIndependently }) => sharedIndependently)),
    sharedTogether: spreadOf(agreements.map(({ sharedTogether }) => sharedTogether)),
    matchesAgree: spreadOf(agreements.map(({ matchesAgree }) => matchesAgree)),
  };
}

/** Counts, for each latent of each run, the other runs that have it. */
function createRecurrence(dictionaries: readonly Dictionary[], threshold: number) {
  const counts = dictionaries.map(({ form }) => new Uint32Array(form.dSae));
  const count = (run: number, maxima: Float32Array): void => {
    const own = counts[run] as Uint32Array;
    maxima.forEach((cosine, latent) => {
      if (cosine > threshold) own[latent] = (own[latent] as number) + 1;
    });
  };
  return {
    add: ([i, j]: readonly [number, number], { rowMaxima, columnMaxima }: RowMatches): void => {
      count(i, rowMaxima);
      count(j, columnMaxima);
    },
    result: (): Distribution =>
      distributionOf(
        counts.flatMap((own) => Array.from(own, (times) => times / (dictionaries.length - 1))),
        { reason: "no latents" },
      ),
  };
}

/**
 * Compares each two of several runs' dictionaries, and gives mean and spread over the pairs.
 *
 * The runs should differ in their seed of initialization, and in the order of their data if that is to count. A start that
 * depends on the data alike in all runs fakes stability, and rows that never trained keep their random directions: compare
 * the dictionaries of step 0 with the same function, and read the two side by side.
 *
 * @param dictionaries at least two, of one dIn
 * @param options `onPair`: called and awaited before each comparison, which itself keeps the thread: the place to let others
 *   run, and to stop by throwing
 * @throws PlumblineError `too-few-runs`, `shape-mismatch`
 * @source definitions with their origin: `metricDefinitions`
 */
export async function stabilityOf(
  dictionaries: readonly Dictionary[],
  options: CompareOptions & {
    readonly onPair?: (progress: { readonly pair: number; readonly nPairs: number }) => void | Promise<void>;
  } = {},
): Promise<StabilityResult> {
  const nRuns = dictionaries.length;
  if (nRuns < 2) {
    throw new PlumblineError({
      code: "too-few-runs",
      kind: "usage",
      message: `[metrics] stabilityOf(): expected at least two dictionaries, got ${nRuns}`,
      hint: "train with another seed, and hand over both",
    });
  }
  const { onPair, threshold = defaultThreshold } = options;
  const recurrence = createRecurrence(dictionaries, threshold);
  const pairs: (Comparison & { readonly runs: readonly [number, number] })[] = [];
  const nPairs = (nRuns * (nRuns - 1)) / 2;
  for (const [i, a] of dictionaries.entries()) {
    for (const [offset, b] of dictionaries.slice(i + 1).entries()) {
      await onPair?.({ pair: pairs.length, nPairs });
      const runs = [i, i + 1 + offset] as const;
      const { matches, ...comparison } = compareDictionaries(a, b, options);
      recurrence.add(runs, matches);
      pairs.push({ runs, ...comparison });
    }
  }
  const alive = pairs.flatMap((pair) => (pair.alive === undefined ? [] : [pair.alive]));
  return {
    version: 1,
    nRuns,
    threshold,
    all: agreementSpread(pairs.map(({ all }) => all)),
    ...(alive.length === pairs.length ? { alive: agreementSpread(alive) } : {}),
    featureStability: recurrence.result(),
    subspaces: (pairs[0]?.subspaces ?? []).map(({ rank, byChance }, at) => ({
      rank,
      byChance,
      overlap: spreadOf(pairs.flatMap(({ subspaces }) => subspaces[at]?.subspaceOverlap ?? [])),
    })),
    pairs,
  };
}
