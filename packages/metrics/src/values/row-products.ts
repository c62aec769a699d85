/**
 * Products of all rows of `a` with all rows of `b`: `out[i · nB + j] = ⟨a_i, b_j⟩`. Metrics that compare dictionaries spend most
 * of their time here and take another one than {@link rowProducts} as an option, such as `@plumbline/backend-native`'s.
 *
 * @param a `[nA, width]`
 * @param b `[nB, width]`
 * @param out `[nA, nB]`, overwritten
 */
export type RowProducts = (a: Float32Array, b: Float32Array, width: number, out: Float32Array) => void;

/** Rows of each side that are multiplied at once, for which every number that is read serves four products. */
const tile = 4;

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (a[atA + k] as number) * (b[atB + k] as number);
  return sum;
}

/** Four rows times four rows; sixteen sums in registers. */
function multiplyTile(
  a: Float32Array,
  b: Float32Array,
  at: { a: number; b: number; width: number; out: number; nB: number },
  out: Float32Array,
): void {
  const { width, nB } = at;
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < width; k++) {
    const a0 = a[at.a + k] as number;
    const a1 = a[at.a + width + k] as number;
    const a2 = a[at.a + 2 * width + k] as number;
    const a3 = a[at.a + 3 * width + k] as number;
    const b0 = b[at.b + k] as number;
    const b1 = b[at.b + width + k] as number;
    const b2 = b[at.b + 2 * width + k] as number;
    const b3 = b[at.b + 3 * width + k] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  out.set([s00, s01, s02, s03], at.out);
  out.set([s10, s11, s12, s13], at.out + nB);
  out.set([s20, s21, s22, s23], at.out + 2 * nB);
  out.set([s30, s31, s32, s33], at.out + 3 * nB);
}

/** {@link RowProducts} in JavaScript, summed in float64. */
export const rowProducts: RowProducts = (a, b, width, out) => {
  const [nA, nB] = [a.length / width, b.length / width];
  const [wholeA, wholeB] = [nA - (nA % tile), nB - (nB % tile)];
  for (let j = 0; j < wholeB; j += tile) {
    for (let i = 0; i < wholeA; i += tile) {
      multiplyTile(a, b, { a: i * width, b: j * width, width, out: i * nB + j, nB }, out);
    }
  }
  for (let i = 0; i < nA; i++) {
    const from = i < wholeA ? wholeB : 0;
    for (let j = from; j < nB; j++) out[i * nB + j] = dot(a, i * width, b, j * width, width);
  }
};
