import type { MetricValue } from "../values/metric-value.ts";
import { type AblationScores, ablationScores, type BatchIncreases } from "./scores.ts";
import { createSequenceMean } from "./sequence-mean.ts";
import {
  type Change,
  changes,
  recordOf,
  type SequenceSums,
  type Variant,
  variants,
} from "./sequence-sums.ts";

/** How much more the next token surprises the changed model. */
export interface CrossEntropyIncrease {
  /** nats a token */
  readonly mean: MetricValue;
  /** of the mean, over sequences */
  readonly standardError: MetricValue;
}

/** Numbers of a behaviour evaluation. */
export interface BehaviourNumbers {
  /** positions that cross-entropies are means over: of those counted, the ones with a next token */
  readonly nCrossEntropyPositions: number;
  /** sequences with such positions, which standard errors are over */
  readonly nCrossEntropySequences: number;
  /** positions that divergences are means over */
  readonly nKlPositions: number;
  readonly crossEntropy: Readonly<Record<Variant, MetricValue>>;
  readonly crossEntropyIncrease: Readonly<Record<Change, CrossEntropyIncrease>>;
  readonly klDivergence: Readonly<Record<Change, MetricValue>>;
  readonly scores: Readonly<Record<Exclude<Change, "sae">, AblationScores>>;
}

/** Accumulates what sequences say. */
export interface BehaviourSums {
  add(sequence: SequenceSums): void;
  /** ends a batch, for the one number that is a mean over batches */
  endBatch(): void;
  result(): BehaviourNumbers;
}

const labels: Readonly<Record<Variant, string>> = {
  original: "of the model as it is",
  sae: "with the SAE",
  zeroAblation: "with zero ablation",
  meanAblation: "with mean ablation",
};

/** Sums are taken sequence by sequence: batches change nothing but `fracRecoveredPerBatch`. */
export function createBehaviourSums(): BehaviourSums {
  const crossEntropy = recordOf(variants, (name) => createSequenceMean(`cross-entropy ${labels[name]}`));
  const increase = recordOf(changes, (name) =>
    createSequenceMean(`cross-entropy ${labels[name]} or of the model as it is`),
  );
  const kl = recordOf(changes, (name) => createSequenceMean(`divergence ${labels[name]}`));
  const batches: Record<Change, number>[] = [];
  let ofBatch = recordOf(changes, () => 0);
  let nInBatch = 0;

  const scores = (ablation: Exclude<Change, "sae">): AblationScores => {
    const pairs = batches.map((batch): BatchIncreases => ({ sae: batch.sae, ablated: batch[ablation] }));
    return ablationScores({
      increase: [increase.sae.mean(), increase[ablation].mean()],
      kl: [kl.sae.mean(), kl[ablation].mean()],
      batches: pairs,
    });
  };
  return {
    add: (sequence) => {
      for (const name of variants) {
        crossEntropy[name].add(sequence.crossEntropy[name], sequence.nCrossEntropy);
      }
      for (const name of changes) {
        increase[name].add(sequence.increase[name], sequence.nCrossEntropy);
        kl[name].add(sequence.kl[name], sequence.nKl);
        ofBatch[name] += sequence.increase[name];
      }
      nInBatch += sequence.nCrossEntropy;
    },
    endBatch: () => {
      const ended = ofBatch;
      const n = nInBatch;
      if (n > 0) batches.push(recordOf(changes, (name) => ended[name] / n));
      ofBatch = recordOf(changes, () => 0);
      nInBatch = 0;
    },
    result: () => ({
      nCrossEntropyPositions: crossEntropy.original.nPositions,
      nCrossEntropySequences: crossEntropy.original.nSequences,
      nKlPositions: kl.sae.nPositions,
      crossEntropy: recordOf(variants, (name) => crossEntropy[name].mean()),
      crossEntropyIncrease: recordOf(changes, (name) => ({
        mean: increase[name].mean(),
        standardError: increase[name].standardError(),
      })),
      klDivergence: recordOf(changes, (name) => kl[name].mean()),
      scores: { zeroAblation: scores("zeroAblation"), meanAblation: scores("meanAblation") },
    }),
  };
}
