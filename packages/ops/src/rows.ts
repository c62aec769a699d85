import { div, maximum, mul, sqrt, square, sub, sum, type Tensor2D } from "@tensorflow/tfjs-core";

/** Dot products of matching rows, `[F, 1]`. Gradients flow to both. */
export function rowDots(a_FD: Tensor2D, b_FD: Tensor2D): Tensor2D {
  return sum(mul(a_FD, b_FD), 1, true) as Tensor2D;
}

/** Norms of rows, `[F, 1]`. */
export function rowNorms(rows_FD: Tensor2D): Tensor2D {
  return sqrt(sum(square(rows_FD), 1, true)) as Tensor2D;
}

/** The smallest norm that is divided by; a zero row stays zero. */
const tinyNorm = 1e-30;

/** Rows divided by their norms. A row of zeros stays zero. No use in a loss: it is how a constraint is restored. */
export function unitRows(rows_FD: Tensor2D): Tensor2D {
  return div(rows_FD, maximum(rowNorms(rows_FD), tinyNorm)) as Tensor2D;
}

/**
 * Rows without their part along unit directions: `r_i − ⟨r_i, d_i⟩ d_i`.
 *
 * @param directions_FD rows of norm 1
 */
export function rejectRows(rows_FD: Tensor2D, directions_FD: Tensor2D): Tensor2D {
  return sub(rows_FD, mul(rowDots(rows_FD, directions_FD), directions_FD)) as Tensor2D;
}
