import type { ReplaceActivations, SplicedModel } from "@plumbline/core";
import { PlumblineError, type SaeInference } from "@plumbline/core";
import type { MetricDefinition } from "../values/define-metrics.ts";
import { type BehaviourNumbers, type BehaviourSums, createBehaviourSums } from "./behaviour-sums.ts";
import { checkedRun } from "./checked-run.ts";
import { type BehaviourMetricName, behaviourDefinitions } from "./definitions.ts";
import { lockstep } from "./lockstep.ts";
import { createMeanActivation } from "./mean-activation.ts";
import { constantVector, type KeepsToken, reconstructionOf } from "./replacements.ts";
import { sequenceSums } from "./sequence-sums.ts";
import { type SpecialTokens, type SpecialTokensPolicy, specialTokensPolicy } from "./special-tokens.ts";

/** Batches of token sequences, each sequence of its own length and without padding. */
export type SequenceBatches = AsyncIterable<readonly Int32Array[]> | Iterable<readonly Int32Array[]>;

/** What `evaluateBehaviour` needs. */
export interface BehaviourOptions {
  readonly model: SplicedModel;
  readonly inference: SaeInference;
  /** called once for each pass over the text; must give the same batches every time */
  readonly batches: () => SequenceBatches;
  /** what is done about special tokens; the defaults treat no token as special */
  readonly specialTokens?: SpecialTokens;
  /** [dIn] for mean ablation; left out, it is measured in a pass of its own over the positions that the ablation replaces */
  readonly meanActivation?: Float32Array;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BehaviourProgress) => void;
}

/** How far an evaluation is. */
export interface BehaviourProgress {
  readonly pass: "mean-activation" | "behaviour";
  /** of this pass */
  readonly nSequences: number;
  readonly nTokens: number;
}

/** The effect of an SAE on its model: plain data that survives a round trip through JSON. */
export interface BehaviourResult extends BehaviourNumbers {
  readonly version: 1;
  readonly hookPoint: string;
  readonly nBatches: number;
  readonly nSequences: number;
  /** input tokens, special ones included */
  readonly nTokens: number;
  readonly specialTokens: SpecialTokensPolicy;
  /** where the vector of the mean ablation comes from, and how many positions it is the mean of */
  readonly meanActivation:
    | { readonly from: "given" }
    | { readonly from: "measured"; readonly nPositions: number };
  /** what the names mean */
  readonly definitions: Readonly<Record<BehaviourMetricName, MetricDefinition>>;
}

interface Counts {
  nBatches: number;
  nSequences: number;
  nTokens: number;
}

interface Rules {
  readonly keepsInSplice: KeepsToken;
  readonly keepsInAblation: KeepsToken;
  readonly countsInAverages: (token: number) => boolean;
}

function rulesOf(policy: SpecialTokensPolicy): Rules {
  const special = new Set(policy.ids);
  return {
    keepsInSplice: (token) => policy.inSplice === "keep" && special.has(token),
    keepsInAblation: (token) => policy.inAblation === "keep" && special.has(token),
    countsInAverages: (token) => policy.inAverages === "keep" || !special.has(token),
  };
}

function checkWidths({ model, inference, meanActivation }: BehaviourOptions): void {
  const problem =
    inference.dIn !== model.dIn
      ? `expected an SAE of dIn ${model.dIn} like the activations at ${model.hookPoint}, got ${inference.dIn}`
      : meanActivation !== undefined && meanActivation.length !== model.dIn
        ? `expected a meanActivation of ${model.dIn} values, got ${meanActivation.length}`
        : undefined;
  if (problem === undefined) return;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[metrics] evaluateBehaviour(): ${problem}`,
  });
}

function checkTokens(sequences: readonly Int32Array[], nVocabulary: number): void {
  for (const sequence of sequences) {
    const at = sequence.findIndex((token) => !(token >= 0 && token < nVocabulary));
    if (sequence.length > 0 && at === -1) continue;
    const got = at === -1 ? "an empty sequence" : `token ${sequence[at]} at position ${at}`;
    throw new PlumblineError({
      code: "bad-token",
      kind: "usage",
      message: `[metrics] evaluateBehaviour(): expected sequences of token ids in 0 … ${nVocabulary - 1}, got ${got}`,
    });
  }
}

/** Goes through all batches once; counts, reports and stops for `visit`. */
async function pass(
  options: BehaviourOptions,
  name: BehaviourProgress["pass"],
  visit: (sequences: readonly Int32Array[]) => Promise<void>,
): Promise<Counts> {
  const { model, batches, signal, onProgress } = options;
  const counts: Counts = { nBatches: 0, nSequences: 0, nTokens: 0 };
  signal?.throwIfAborted();
  for await (const sequences of batches()) {
    checkTokens(sequences, model.nVocabulary);
    await visit(sequences);
    counts.nBatches++;
    counts.nSequences += sequences.length;
    for (const sequence of sequences) counts.nTokens += sequence.length;
    onProgress?.({ pass: name, nSequences: counts.nSequences, nTokens: counts.nTokens });
    signal?.throwIfAborted();
  }
  return counts;
}

async function meanVector(
  options: BehaviourOptions,
  keeps: KeepsToken,
): Promise<{ vector: Float32Array; told: BehaviourResult["meanActivation"] }> {
  const { model, meanActivation, signal } = options;
  if (meanActivation !== undefined) return { vector: meanActivation, told: { from: "given" } };
  const measured = createMeanActivation(model, keeps);
  await pass(options, "mean-activation", (sequences) => measured.add(sequences, signal));
  return { vector: measured.mean(), told: { from: "measured", nPositions: measured.nPositions } };
}

/** Runs one batch in all states of the model and adds its sequences. */
async function addBatch(
  options: BehaviourOptions,
  sequences: readonly Int32Array[],
  to: { readonly rules: Rules; readonly mean: Float32Array; readonly sums: BehaviourSums },
): Promise<void> {
  const { model, inference, signal } = options;
  const { rules, mean, sums } = to;
  const run = (replace: ReplaceActivations): AsyncIterable<Float32Array> =>
    checkedRun(model, sequences, { replace, signal });
  const ablated = { sequences, keeps: rules.keepsInAblation };
  const runs = {
    original: model.run(sequences, signal === undefined ? {} : { signal }),
    sae: run(reconstructionOf(inference, { sequences, keeps: rules.keepsInSplice })),
    zeroAblation: run(constantVector(new Float32Array(model.dIn), ablated)),
    meanAblation: run(constantVector(mean, ablated)),
  };
  for await (const { tokens, logits } of lockstep(runs, sequences, model.nVocabulary)) {
    const { nVocabulary } = model;
    sums.add(sequenceSums({ tokens, logits, nVocabulary, counts: rules.countsInAverages }));
    signal?.throwIfAborted();
  }
  sums.endBatch();
}

/**
 * Measures what an SAE does to the language model whose activations it reads: the model is run as it is, with the
 * reconstruction spliced in at the hook point, and with the activations ablated to zero and to their mean; compared are
 * cross-entropy on the next token and KL divergence from the original predictions.
 *
 * A score sets the harm of the SAE against that of an ablation, and an ablation can be made as harmful as one likes: with
 * BOS ablated (`inAblation: "replace"`, what other tools do) scores crowd at 1. So raw increases stand beside every score,
 * mean ablation beside zero ablation, and the special-token policy in the result.
 *
 * Memory is one sequence's logits in four states, whatever the model holds, and a few numbers for each sequence.
 *
 * @returns plain data; a number that is undefined (nothing ablated, logits not finite) is `{ value: null, reason }`
 * @throws PlumblineError `shape-mismatch`, `bad-option`, `bad-token`; `model-broken` where the model keeps its contract not;
 *   `aborted` on the signal; what model, SAE and batches throw
 * @source protocol of SAELens and SAEBench; each score's origin is in `metricDefinitions`
 * @example
 * import { evaluateBehaviour } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * // A model of two tokens that predicts the one it has just read, from a hook point of width 1.
 * const model = {
 *   hookPoint: "embed",
 *   dIn: 1,
 *   nVocabulary: 2,
 *   async *run(sequences, options) {
 *     for (const [i, tokens] of sequences.entries()) {
 *       const activations = Float32Array.from(tokens, (token) => (token === 1 ? 1 : -1));
 *       const x = (await options?.replace?.({ activations, firstSequence: i, nSequences: 1 })) ?? activations;
 *       yield Float32Array.from({ length: 2 * tokens.length }, (_, j) => (j % 2 ? x[j >> 1] : -x[j >> 1]));
 *     }
 *   },
 * };
 * // An SAE that knows +1 only.
 * const inference = {
 *   dIn: 1,
 *   dSae: 1,
 *   encode: async (x) => sparseFromDense(x.map((value) => Math.max(value, 0)), { nRows: x.length, dSae: 1 }),
 *   decode: async ({ nRows, rowStarts, values }) =>
 *     Float32Array.from({ length: nRows }, (_, row) => (rowStarts[row + 1] > rowStarts[row] ? values[rowStarts[row]] : 0)),
 *   dispose: () => {},
 * };
 * const result = await evaluateBehaviour({ model, inference, batches: () => [[Int32Array.of(1, 1, 1, 1, 0, 0)]] });
 * console.log(result.crossEntropyIncrease.sae.mean.value?.toFixed(3)); // 0.113
 * console.log(result.scores.zeroAblation.ceLossScore.value?.toFixed(3)); // 0.319
 */
export async function evaluateBehaviour(options: BehaviourOptions): Promise<BehaviourResult> {
  const { model, signal } = options;
  checkWidths(options);
  const specialTokens = specialTokensPolicy(options.specialTokens);
  const rules = rulesOf(specialTokens);
  const sums = createBehaviourSums();
  try {
    const { vector, told } = await meanVector(options, rules.keepsInAblation);
    const counts = await pass(options, "behaviour", (sequences) =>
      addBatch(options, sequences, { rules, mean: vector, sums }),
    );
    return {
      version: 1,
      hookPoint: model.hookPoint,
      ...counts,
      specialTokens,
      meanActivation: told,
      ...sums.result(),
      definitions: behaviourDefinitions,
    };
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw new PlumblineError({
      code: "aborted",
      kind: "interrupted",
      message: "[metrics] evaluateBehaviour(): stopped by its signal",
      cause: signal.reason,
    });
  }
}
