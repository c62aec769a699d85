import type { SaeEngine, SparseLatents } from "@plumbline/core";
import { arrayOf, type ReferenceCase } from "../case.ts";
import { type CaseFindings, violate } from "../findings.ts";
import { norm, probable, rowNorms } from "../reference/numbers.ts";
import type { Problem } from "../reference/problem.ts";
import type { Scores } from "../reference/scores.ts";
import {
  certainAbove,
  certainLargest,
  equalsOf,
  keepLargest,
  kept,
  out,
  unsure,
} from "../reference/selection.ts";

/** Which latents the inference rule keeps of a batch, as far as float32 can tell. */
export function inferenceMarks(one: ReferenceCase, problem: Problem, scores: Scores): Uint8Array {
  const { rule, dSae } = one;
  const { ranked, rankedError } = scores;
  if (rule.kind === "topk") {
    const n = Math.max(1, Math.trunc(rule.k));
    if (rankedError.every((error) => error === 0))
      return keepLargest(ranked, { n, width: dSae, perRow: true });
    return certainLargest(
      { scores: ranked, error: rankedError, equals: equalsOf(problem) },
      { n, width: dSae, perRow: true },
    );
  }
  const zero = certainAbove(ranked, rankedError, () => ({ value: 0, error: 0 }));
  if (rule.kind === "relu") return zero;
  const shared = rule.kind === "batch-topk" ? (arrayOf(one.state, "buffer/threshold")[0] ?? 0) : 0;
  const over = certainAbove(ranked, rankedError, (i) => {
    const limit = rule.kind === "jumprelu" ? (problem.theta[i % dSae] as number) : shared;
    return { value: limit, error: problem.thetaError * Math.abs(limit) };
  });
  return over.map((mark, i) =>
    mark === out || zero[i] === out ? out : mark === kept && zero[i] === kept ? kept : unsure,
  );
}

/** Latents as a dense array, NaN where there are none. */
function dense({ nRows, dSae, rowStarts, indices, values }: SparseLatents): Float64Array {
  const made = new Float64Array(nRows * dSae).fill(Number.NaN);
  for (let b = 0; b < nRows; b++) {
    for (let i = rowStarts[b] ?? 0; i < (rowStarts[b + 1] ?? 0); i++)
      made[b * dSae + (indices[i] ?? 0)] = values[i] ?? 0;
  }
  return made;
}

export interface Encoded {
  readonly who: string;
  readonly latents: SparseLatents;
}

/** Latents of an engine against the inference rule. */
export function compareLatents(
  found: CaseFindings,
  { who, latents }: Encoded,
  made: { one: ReferenceCase; scores: Scores; marks: Uint8Array },
): void {
  const { one, scores, marks } = made;
  const { dSae } = one;
  const got = dense(latents);
  for (let i = 0; i < got.length; i++) {
    const value = got[i] as number;
    const has = !Number.isNaN(value);
    const at = `latent ${i % dSae} of token ${Math.floor(i / dSae)}`;
    if ((marks[i] === kept && !has) || (marks[i] === out && has)) {
      violate(found, `${who}: encode ${has ? "keeps" : "leaves out"} ${at}, score ${scores.ranked[i]}`);
      return;
    }
    if (!has) continue;
    const most = (scores.rankedError[i] as number) + 2 ** -22 * Math.abs(value);
    const difference = Math.abs(value - (scores.ranked[i] as number));
    if (!(difference <= most)) {
      violate(
        found,
        `${who}: encode gives ${value} for ${at}, expected ${scores.ranked[i]} ± ${most.toExponential(1)}`,
      );
      return;
    }
    found.all.meet(`latents, share of the bound (${who})`, difference / most, found.index);
  }
}

/** Reconstructions of the same latents by both engines. */
export async function compareDecode(
  found: CaseFindings,
  one: ReferenceCase,
  problem: Problem,
  made: { engines: readonly { who: string; engine: SaeEngine }[]; latents: SparseLatents },
): Promise<void> {
  const { dIn, nTokens } = one;
  const { rowStarts, indices, values } = made.latents;
  const norms = rowNorms(problem.decoder, dIn);
  const [first, second] = await Promise.all(made.engines.map(({ engine }) => engine.decode(made.latents)));
  if (first === undefined || second === undefined) return;
  const biasNorm = norm(problem.decoderBias, 0, dIn);
  for (let b = 0; b < nTokens; b++) {
    const [start, end] = [rowStarts[b] ?? 0, rowStarts[b + 1] ?? 0];
    let size = biasNorm;
    for (let i = start; i < end; i++) {
      const rowNorm = one.rule.ranksByNorm ? 1 : (norms[indices[i] ?? 0] ?? 0);
      size += Math.abs(values[i] ?? 0) * rowNorm;
    }
    let square = 0;
    for (let j = b * dIn; j < (b + 1) * dIn; j++)
      square += ((first[j] ?? Number.NaN) - (second[j] ?? Number.NaN)) ** 2;
    const most = 2 * (probable(end - start) + probable(dIn)) * size;
    if (!(Math.sqrt(square) <= most)) {
      violate(
        found,
        `decode of token ${b}: the engines differ by ${Math.sqrt(square).toExponential(2)}, allowed ${most.toExponential(2)}`,
      );
      return;
    }
  }
}
