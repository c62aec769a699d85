import type { Problem } from "./problem.ts";

/** What float64 says of a pair: left out, kept, or too near to the border for float32 to tell. */
export const out = 0;
export const kept = 1;
export const unsure = 2;

/**
 * The tie rule of the batch: the largest scores above 0, the earlier token first, then the lower latent.
 *
 * @param scores [nRows, width]; each row on its own where `perRow`, else all of them together
 * @param n how many are kept
 */
export function keepLargest(
  scores: ArrayLike<number>,
  options: { n: number; width: number; perRow: boolean },
): Uint8Array {
  const { n, width, perRow } = options;
  const marks = new Uint8Array(scores.length);
  const length = perRow ? width : scores.length;
  for (let start = 0; start < scores.length; start += length) {
    const order = candidates(scores, start, length);
    order.sort((i, j) => (scores[j] as number) - (scores[i] as number) || i - j);
    for (const i of order.subarray(0, n)) marks[i] = kept;
  }
  return marks;
}

/** Positions with a positive score. */
function candidates(scores: ArrayLike<number>, start: number, length: number): Uint32Array {
  const found = new Uint32Array(length);
  let count = 0;
  for (let i = start; i < start + length; i++) if ((scores[i] as number) > 0) found[count++] = i;
  return found.subarray(0, count);
}

/** How many of ascending numbers are at least (or above) a value. */
function countFrom(ascending: Float64Array, value: number, strict: boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = ascending[middle] as number;
    if (strict ? one > value : one >= value) high = middle;
    else low = middle + 1;
  }
  return ascending.length - low;
}

/** For each pair, how many of its equals come before it, and how many after. */
function placesAmongEquals(equals: Int32Array): { before: Int32Array; after: Int32Array } {
  const totals = new Map<number, number>();
  const before = equals.map((group) => {
    const known = totals.get(group) ?? 0;
    totals.set(group, known + 1);
    return known;
  });
  return { before, after: equals.map((group, i) => (totals.get(group) ?? 0) - 1 - (before[i] as number)) };
}

/** Scores with bounds, and which of them are the same number in any engine. */
export interface Ranking {
  readonly scores: Float64Array;
  readonly error: Float64Array;
  /** one number for all pairs whose scores are made of the same bits */
  readonly equals: Int32Array;
}

/**
 * Which pairs any float32 evaluation within the bounds must keep. Kept for sure is what fewer than n others may beat; out for
 * sure is what n others certainly beat. Equal pairs beat each other by the tie rule.
 */
export function certainLargest(
  { scores, error, equals }: Ranking,
  options: { n: number; width: number; perRow: boolean; anySign?: boolean },
): Uint8Array {
  const { n, width, perRow, anySign = false } = options;
  const marks = new Uint8Array(scores.length);
  const length = perRow ? width : scores.length;
  for (let start = 0; start < scores.length; start += length) {
    const own = scores.subarray(start, start + length);
    const lower = own.map((value, i) => value - (error[start + i] as number));
    const upper = own.map((value, i) => value + (error[start + i] as number));
    const { before, after } = placesAmongEquals(equals.subarray(start, start + length));
    const [lowers, uppers] = [lower.slice().sort(), upper.slice().sort()];
    for (let i = 0; i < own.length; i++) {
      const [low, high] = [lower[i] as number, upper[i] as number];
      if (high <= 0 && !anySign) continue;
      if (countFrom(lowers, high, true) + (before[i] as number) >= n) continue;
      const mayBeat = countFrom(uppers, low, false) - 1 - (after[i] as number);
      marks[start + i] = mayBeat < n && (low > 0 || anySign) ? kept : unsure;
    }
  }
  return marks;
}

/** Marks of values above a limit, which has an error of its own. */
export function certainAbove(
  values: Float64Array,
  error: Float64Array,
  limit: (i: number) => { value: number; error: number },
): Uint8Array {
  const marks = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const { value, error: ofLimit } = limit(i);
    const [distance, slack] = [(values[i] as number) - value, (error[i] as number) + ofLimit];
    marks[i] = distance > slack ? kept : distance > -slack ? unsure : out;
    if (slack === 0) marks[i] = distance > 0 ? kept : out;
  }
  return marks;
}

/** Numbers of items, the first one's where they have the same bits. */
function firstOfEqual(count: number, bitsOf: (i: number) => string): Int32Array {
  const seen = new Map<string, number>();
  return Int32Array.from({ length: count }, (_, i) => {
    const key = bitsOf(i);
    const known = seen.get(key) ?? i;
    seen.set(key, known);
    return known;
  });
}

const bits = (rows: Float64Array | undefined, i: number, width: number): string =>
  rows === undefined ? "" : Buffer.from(rows.slice(i * width, (i + 1) * width).buffer).toString("base64");

/**
 * One number for all pairs whose stored rows, biases, norms and tokens have the same bits: every engine gives them one score.
 */
export function equalsOf(problem: Problem): Int32Array {
  const { dIn, dSae, nTokens, stored, decoder, encoderBias, decoderNorm, centered, rule } = problem;
  const latents = firstOfEqual(dSae, (f) => {
    const ofDecoder = rule.map === "none" ? "" : bits(decoder, f, dIn);
    return [bits(stored, f, dIn), ofDecoder, encoderBias[f], rule.ranksByNorm ? decoderNorm[f] : 1].join();
  });
  const tokens = firstOfEqual(nTokens, (b) => bits(centered, b, dIn));
  return Int32Array.from({ length: nTokens * dSae }, (_, i) => {
    return (tokens[Math.floor(i / dSae)] as number) * dSae + (latents[i % dSae] as number);
  });
}
