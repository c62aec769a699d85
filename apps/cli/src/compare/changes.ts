import { defined, type MetricValue, notDefined, type Quantile, ratio } from "@plumbline/metrics";
import type { MeasuredSide } from "./measure-pair.ts";

/** One number of both SAEs. */
export interface Change {
  readonly a: MetricValue;
  readonly b: MetricValue;
  /** a − b */
  readonly difference: MetricValue;
  /** (a − b) / b, a fraction */
  readonly relativeChange: MetricValue;
}

/** What is set side by side. */
export interface Changes {
  readonly explainedVariance: Change;
  readonly unexplainedVariance: Change;
  readonly l0: Change;
  readonly deadLatents: Change;
  readonly meanAbsPhi: Change;
  readonly meanAbsPhiAlive: Change;
  readonly shareNegativePhi: Change;
  readonly absPhiQuantiles: readonly (Change & { readonly q: number })[];
}

/** Why one of the two has no value, if so. */
function missing(a: MetricValue, b: MetricValue): string | undefined {
  if (a.value === null) return `a: ${a.reason}`;
  return b.value === null ? `b: ${b.reason}` : undefined;
}

/**
 * `a` against the reference `b`.
 *
 * @param options `noRatio`: why a ratio of the two would say nothing
 */
export function changeOf(a: MetricValue, b: MetricValue, options: { noRatio?: string } = {}): Change {
  const { noRatio } = options;
  const reason = missing(a, b);
  if (reason !== undefined || a.value === null || b.value === null) {
    const none = notDefined(reason ?? "");
    return { a, b, difference: none, relativeChange: none };
  }
  const difference = a.value - b.value;
  return {
    a,
    b,
    difference: defined(difference),
    relativeChange: noRatio === undefined ? ratio(difference, b.value, "0 in b") : notDefined(noRatio),
  };
}

function unexplained({ reconstruction: { explainedVariance: found } }: MeasuredSide): MetricValue {
  return found.value === null ? found : defined(1 - found.value);
}

function quantileChanges(a: readonly Quantile[], b: readonly Quantile[]): Changes["absPhiQuantiles"] {
  return a.flatMap(({ q, ...ofA }) => {
    const found = b.find((other) => other.q === q);
    if (found === undefined) return [];
    const { q: _, ...ofB } = found;
    return [{ q, ...changeOf(ofA, ofB) }];
  });
}

/** The numbers of two SAEs on the same tokens, and how those of `a` differ from those of the reference `b`. */
export function changesOf(a: MeasuredSide, b: MeasuredSide): Changes {
  const by = (of: (side: MeasuredSide) => MetricValue, options?: { noRatio?: string }): Change =>
    changeOf(of(a), of(b), options);
  const { dSae: dSaeA } = a.sparsity;
  const { dSae: dSaeB } = b.sparsity;
  return {
    explainedVariance: by(({ reconstruction }) => reconstruction.explainedVariance, {
      noRatio: "see unexplained variance",
    }),
    unexplainedVariance: by(unexplained),
    l0: by(({ sparsity }) => sparsity.l0.mean),
    deadLatents: by(
      ({ sparsity }) => sparsity.deadLatents.count,
      dSaeA === dSaeB ? {} : { noRatio: `of ${dSaeA} and ${dSaeB} latents` },
    ),
    meanAbsPhi: by(({ cooccurrence }) => cooccurrence.meanAbsPhi),
    meanAbsPhiAlive: by(({ cooccurrence }) => cooccurrence.alive.meanAbsPhi),
    shareNegativePhi: by(({ cooccurrence }) => cooccurrence.alive.shareNegative),
    absPhiQuantiles: quantileChanges(a.cooccurrence.alive.absQuantiles, b.cooccurrence.alive.absQuantiles),
  };
}
