/** Sums over tokens that reconstruction metrics are made of. */
export interface TokenSums {
  squaredError: number;
  squaredInput: number;
  squaredOutput: number;
  product: number;
  errorNorm: number;
  inputNorm: number;
  outputNorm: number;
  cosine: number;
  l2Ratio: number;
  nZeroTokens: number;
}

const fields = [
  "squaredError",
  "squaredInput",
  "squaredOutput",
  "product",
  "errorNorm",
  "inputNorm",
  "outputNorm",
  "cosine",
  "l2Ratio",
  "nZeroTokens",
] as const satisfies readonly (keyof TokenSums)[];

export function emptySums(): TokenSums {
  return {
    squaredError: 0,
    squaredInput: 0,
    squaredOutput: 0,
    product: 0,
    errorNorm: 0,
    inputNorm: 0,
    outputNorm: 0,
    cosine: 0,
    l2Ratio: 0,
    nZeroTokens: 0,
  };
}

/** `a + factor · b`, field by field. */
export function addSums(a: TokenSums, b: TokenSums, factor = 1): TokenSums {
  const out = { ...a };
  for (const field of fields) out[field] += factor * b[field];
  return out;
}

/** Adds the token at `offset`. Returns whether all its numbers are finite. */
export function addToken(
  sums: TokenSums,
  batch: { x: Float32Array; xHat: Float32Array; offset: number; dIn: number },
): boolean {
  const { x, xHat, offset, dIn } = batch;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  let rr = 0;
  for (let d = offset; d < offset + dIn; d++) {
    const a = x[d] ?? 0;
    const b = xHat[d] ?? 0;
    xx += a * a;
    yy += b * b;
    xy += a * b;
    rr += (a - b) * (a - b);
  }
  sums.squaredError += rr;
  sums.squaredInput += xx;
  sums.squaredOutput += yy;
  sums.product += xy;
  const inputNorm = Math.sqrt(xx);
  const outputNorm = Math.sqrt(yy);
  sums.errorNorm += Math.sqrt(rr);
  sums.inputNorm += inputNorm;
  sums.outputNorm += outputNorm;
  if (xx === 0) sums.nZeroTokens++;
  else {
    sums.l2Ratio += outputNorm / inputNorm;
    // Not `yy > 0`: that would count a NaN as 0.
    if (yy !== 0) sums.cosine += xy / (inputNorm * outputNorm);
  }
  // Squares of float32 numbers do not overflow float64: the sum is finite exactly when every value is.
  return Number.isFinite(xx + yy);
}
