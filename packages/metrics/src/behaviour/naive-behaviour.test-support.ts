import type { SaeInference } from "@plumbline/core";
import { saeFrom, type ToyLanguageModel, toyLanguageModel } from "./toy-language-model.test-support.ts";

export const dIn: number = 3;
export const nVocabulary: number = 5;
export const model: ToyLanguageModel = toyLanguageModel({ nVocabulary, dIn });
export const identity: SaeInference = saeFrom(dIn, (row) => row);
export const zero: SaeInference = saeFrom(dIn, () => new Float32Array(dIn));
export const half: SaeInference = saeFrom(dIn, (row) => row.map((value) => value / 2));
export const text: readonly Int32Array[] = [
  Int32Array.of(0, 1, 2, 3),
  Int32Array.of(0, 4, 4),
  Int32Array.of(2, 1, 0, 3, 4, 1),
];

/** The evaluation worked out naively: plain softmax, one sequence at a time. */
export function byHand(
  change: (x: number, token: number, d: number) => number,
  counts: (token: number) => boolean = () => true,
): { original: number; changed: number; kl: number; nCe: number; nKl: number } {
  const softmax = (logits: Float32Array, t: number): number[] => {
    const powers = [...logits.subarray(t * nVocabulary, (t + 1) * nVocabulary)].map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  };
  let [original, changed, nCe, divergence, nKl] = [0, 0, 0, 0, 0];
  for (const tokens of text) {
    const x = model.activationsOf(tokens);
    const y = x.map((value, at) => change(value, tokens[Math.floor(at / dIn)] ?? 0, at % dIn));
    const [before, after] = [model.logitsFrom(x), model.logitsFrom(y)];
    tokens.forEach((token, t) => {
      if (!counts(token)) return;
      const [p, q] = [softmax(before, t), softmax(after, t)];
      nKl++;
      p.forEach((value, v) => {
        divergence += value * Math.log(value / (q[v] ?? 0));
      });
      const next = tokens[t + 1];
      if (next === undefined) return;
      nCe++;
      original -= Math.log(p[next] ?? 0);
      changed -= Math.log(q[next] ?? 0);
    });
  }
  return { original: original / nCe, changed: changed / nCe, kl: divergence / nKl, nCe, nKl };
}

/** Mean embedding over the tokens of the text that count. */
export function meanOf(counts: (token: number) => boolean): Float64Array {
  const tokens = text.flatMap((sequence) => [...sequence]).filter(counts);
  const rows = model.activationsOf(Int32Array.from(tokens));
  const mean = new Float64Array(dIn);
  rows.forEach((value, at) => {
    mean[at % dIn] = (mean[at % dIn] ?? 0) + value / tokens.length;
  });
  return mean;
}
