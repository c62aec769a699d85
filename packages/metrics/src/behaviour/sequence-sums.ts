import { klOfRow, logSumExp } from "./log-probabilities.ts";

/** The model with its activations replaced in some way. */
export type Change = "sae" | "zeroAblation" | "meanAblation";
/** The model in one of the states that are compared. */
export type Variant = "original" | Change;

export const changes: readonly Change[] = Object.freeze(["sae", "zeroAblation", "meanAblation"]);
export const variants: readonly Variant[] = Object.freeze(["original", ...changes]);

/** A record with the value `of` each of `names`. */
export function recordOf<Name extends string, Value>(
  names: readonly Name[],
  of: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>;
}

/** Sums over the counted positions of one sequence. */
export interface SequenceSums {
  /** positions counted that have a next token */
  readonly nCrossEntropy: number;
  /** positions counted */
  readonly nKl: number;
  readonly crossEntropy: Readonly<Record<Variant, number>>;
  /** CE changed − CE original, summed as differences: two equal predictions add exactly 0 */
  readonly increase: Readonly<Record<Change, number>>;
  /** KL(P original ‖ P changed) */
  readonly kl: Readonly<Record<Change, number>>;
}

/**
 * Scores one sequence in all states of the model.
 *
 * @param options `logits`: `[nTokens, nVocabulary]` of each state; `counts`: whether the position of an input token counts
 */
export function sequenceSums(options: {
  readonly tokens: Int32Array;
  readonly logits: Readonly<Record<Variant, Float32Array>>;
  readonly nVocabulary: number;
  readonly counts: (token: number) => boolean;
}): SequenceSums {
  const { tokens, logits, nVocabulary, counts } = options;
  const crossEntropy = recordOf(variants, () => 0);
  const increase = recordOf(changes, () => 0);
  const kl = recordOf(changes, () => 0);
  let nCrossEntropy = 0;
  let nKl = 0;
  tokens.forEach((token, position) => {
    if (!counts(token)) return;
    const start = position * nVocabulary;
    const end = start + nVocabulary;
    const sums = recordOf(variants, (variant) => logSumExp(logits[variant], start, end));
    nKl++;
    for (const change of changes) {
      const row = { start, end, sumP: sums.original, sumQ: sums[change] };
      kl[change] += klOfRow(logits.original, logits[change], row);
    }
    const target = tokens[position + 1];
    if (target === undefined) return;
    nCrossEntropy++;
    const ofTarget = recordOf(
      variants,
      (variant) => sums[variant] - (logits[variant][start + target] ?? Number.NaN),
    );
    for (const variant of variants) crossEntropy[variant] += ofTarget[variant];
    for (const change of changes) increase[change] += ofTarget[change] - ofTarget.original;
  });
  return { nCrossEntropy, nKl, crossEntropy, increase, kl };
}
