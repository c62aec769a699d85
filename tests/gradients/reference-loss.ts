/** Stored or effective parameters of a small SAE, in float64. */
export type Parameters64 = Readonly<Record<string, Float64Array>>;

export interface LossShape {
  readonly dIn: number;
  readonly dSae: number;
}

const at = (values: ArrayLike<number> | undefined, i: number): number => values?.[i] ?? Number.NaN;

function dot(a: ArrayLike<number>, b: ArrayLike<number>, row: number, width: number): number {
  let sum = 0;
  for (let j = row * width; j < (row + 1) * width; j++) sum += at(a, j) * at(b, j);
  return sum;
}

/** Encoder rows by each row map, written out from its formula: e from free rows v or w and decoder rows d. */
export const referenceMaps: Readonly<
  Record<string, (free: Float64Array, d: Float64Array, shape: LossShape) => Float64Array>
> = {
  projection: (v, d, { dIn }) =>
    v.map((value, i) => value + (1 - dot(v, d, Math.floor(i / dIn), dIn)) * at(d, i)),
  scale: (w, d, { dIn }) =>
    w.map((value, i) => (at(d, i) + value) / (1 + dot(w, d, Math.floor(i / dIn), dIn))),
  coupled: (w, d) => w.map((value, i) => at(d, i) + value),
};

/**
 * Loss of a TopK or ReLU SAE in float64, token by token, straight from the definition. Nothing here is shared with the
 * engines.
 */
export function referenceLoss(
  parameters: Parameters64,
  x: Float32Array,
  options: LossShape & { map?: string; rule: { k: number } | { sparsityCoefficient: number } },
): number {
  const { dIn, dSae, map, rule } = options;
  const d = parameters.decoder as Float64Array;
  const toEncoder =
    map === undefined ? undefined : referenceMaps[map === "projection-from-decoder" ? "projection" : map];
  const e =
    toEncoder?.(parameters.encoderFree as Float64Array, d, options) ?? (parameters.encoder as Float64Array);
  const nTokens = x.length / dIn;
  let total = 0;
  for (let t = 0; t < nTokens; t++) {
    const preActs = Array.from({ length: dSae }, (_, i) => {
      let sum = at(parameters.encoderBias, i);
      for (let j = 0; j < dIn; j++)
        sum += (at(x, t * dIn + j) - at(parameters.decoderBias, j)) * at(e, i * dIn + j);
      return sum;
    });
    const order = preActs.map((_, i) => i).sort((a, b) => at(preActs, b) - at(preActs, a) || a - b);
    const kept = "k" in rule ? new Set(order.slice(0, rule.k)) : undefined;
    const latents = preActs.map((value, i) => (kept === undefined || kept.has(i) ? Math.max(value, 0) : 0));
    for (let j = 0; j < dIn; j++) {
      let xHat = at(parameters.decoderBias, j);
      for (let i = 0; i < dSae; i++) xHat += at(latents, i) * at(d, i * dIn + j);
      total += (at(x, t * dIn + j) - xHat) ** 2;
    }
    if ("sparsityCoefficient" in rule) total += rule.sparsityCoefficient * latents.reduce((a, b) => a + b, 0);
  }
  return total / nTokens;
}
