import { PlumblineError } from "@plumbline/core";
import { checkCount, countRows } from "../values/check-rows.ts";

/**
 * log Σ exp of `logits[start … end − 1]` in float64. The largest is taken out first, so that nothing overflows; −∞ is a
 * token that cannot come. NaN where a logit is NaN or ∞, or all are −∞.
 */
export function logSumExp(logits: Float32Array, start: number, end: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let v = start; v < end; v++) {
    const logit = logits[v] ?? 0;
    if (logit > largest) largest = logit;
  }
  let sum = 0;
  for (let v = start; v < end; v++) sum += Math.exp((logits[v] ?? 0) - largest);
  return largest + Math.log(sum);
}

/** KL(P ‖ Q) of one row, at the same place in both; `sumP` and `sumQ` are the log-sum-exps of the two rows. */
export function klOfRow(
  logitsP: Float32Array,
  logitsQ: Float32Array,
  row: { readonly start: number; readonly end: number; readonly sumP: number; readonly sumQ: number },
): number {
  const { start, end, sumP, sumQ } = row;
  if (Number.isNaN(sumP)) return Number.NaN;
  let total = 0;
  for (let v = start; v < end; v++) {
    const logP = (logitsP[v] ?? 0) - sumP;
    const p = Math.exp(logP);
    // 0 · log 0 is 0, also where Q is 0 too.
    if (p > 0) total += p * (logP - ((logitsQ[v] ?? 0) - sumQ));
  }
  // A divergence below 0 is rounding; NaN stays NaN.
  return Math.max(total, 0);
}

/**
 * Cross-entropy of each prediction with the token that came: `−log softmax(logits)[target]`, in float64 by log-sum-exp.
 *
 * @param logits `[n, nVocabulary]`, row-major; `nVocabulary` follows from the number of targets
 * @param targets [n] token ids
 * @returns [n] nats; NaN where logits are NaN or ∞, ∞ where the target's logit is −∞
 * @throws PlumblineError `shape-mismatch`, `bad-token`
 * @example
 * import { crossEntropyPerToken } from "@plumbline/metrics";
 *
 * const [even, certain] = crossEntropyPerToken(Float32Array.of(3, 3, 0, -1e4), Int32Array.of(1, 0));
 * console.log(even?.toFixed(6), certain); // 0.693147 0
 */
export function crossEntropyPerToken(logits: Float32Array, targets: Int32Array): Float64Array {
  const from = "crossEntropyPerToken()";
  const nVocabulary = targets.length === 0 ? 0 : logits.length / targets.length;
  if (!Number.isInteger(nVocabulary) || (nVocabulary === 0) !== (logits.length + targets.length === 0)) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[metrics] ${from}: expected one row of logits for each of ${targets.length} targets, got ${logits.length} values`,
    });
  }
  const bad = targets.findIndex((token) => !(token >= 0 && token < nVocabulary));
  if (bad !== -1) {
    throw new PlumblineError({
      code: "bad-token",
      kind: "usage",
      message: `[metrics] ${from}: expected targets in 0 … ${nVocabulary - 1}, got ${targets[bad]} at ${bad}`,
    });
  }
  return Float64Array.from(targets, (token, row) => {
    const start = row * nVocabulary;
    return logSumExp(logits, start, start + nVocabulary) - (logits[start + token] ?? 0);
  });
}

/**
 * Kullback–Leibler divergence KL(P ‖ Q) of each prediction, P and Q the softmax of two sets of logits, in float64.
 *
 * @param logitsP `[n, nVocabulary]`, of the model as it is
 * @param logitsQ `[n, nVocabulary]`, of the changed model
 * @returns [n] nats, at least 0; NaN where logits are NaN or ∞, ∞ where Q rules a token out that P does not
 * @throws PlumblineError `shape-mismatch`, `bad-option`
 * @example
 * import { klPerPosition } from "@plumbline/metrics";
 *
 * const [same, other] = klPerPosition(
 *   Float32Array.of(5, 5, 0, 0),
 *   Float32Array.of(1, 1, Math.log(3), 0),
 *   { nVocabulary: 2 },
 * );
 * console.log(same, other?.toFixed(6)); // 0 0.143841
 */
export function klPerPosition(
  logitsP: Float32Array,
  logitsQ: Float32Array,
  options: { readonly nVocabulary: number },
): Float64Array {
  const { nVocabulary } = options;
  const from = "klPerPosition()";
  checkCount(nVocabulary, { from, what: "nVocabulary" });
  const nRows = countRows({ length: logitsP.length, width: nVocabulary, from, what: "logitsP" });
  if (logitsQ.length !== logitsP.length) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[metrics] ${from}: expected logitsQ of ${logitsP.length} values like logitsP, got ${logitsQ.length}`,
    });
  }
  return Float64Array.from({ length: nRows }, (_, row) => {
    const start = row * nVocabulary;
    const end = start + nVocabulary;
    const sumP = logSumExp(logitsP, start, end);
    return klOfRow(logitsP, logitsQ, { start, end, sumP, sumQ: logSumExp(logitsQ, start, end) });
  });
}
