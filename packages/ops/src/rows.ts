import { div, maximum, mul, sqrt, square, sub, sum, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** Dot products of matching rows, `[F, 1]`. Gradients flow to both. */
export function rowDots(a_FD: Tensor2D, b_FD: Tensor2D): Tensor2D {
  return tidy(() => sum(mul(a_FD, b_FD), 1, true) as Tensor2D);
}

/** The smallest norm that is divided by. Below it squares underflow in float32, so that a norm can no longer be told from 0. */
const tinyNorm = 1e-18;

/** Norms of rows, `[F, 1]`. The gradient is the row divided by its norm, and zero at a row of zeros, as in torch. */
export function rowNorms(rows_FD: Tensor2D): Tensor2D {
  const norms = (rows: Tensor2D): Tensor2D => sqrt(sum(square(rows), 1, true)) as Tensor2D;
  return differentiable({
    inputs: [rows_FD],
    forward: () => norms(rows_FD),
    gradient: (dy_F1, inputs) => {
      const [rows] = inputs as [Tensor2D];
      return [mul(dy_F1, div(rows, maximum(norms(rows), tinyNorm)))];
    },
  });
}

/** Rows divided by their norms. A row of zeros stays zero. No use in a loss: it is how a constraint is restored. */
export function unitRows(rows_FD: Tensor2D): Tensor2D {
  return tidy(() => div(rows_FD, maximum(rowNorms(rows_FD), tinyNorm)) as Tensor2D);
}

/**
 * Rows without their part along unit directions: `r_i − ⟨r_i, d_i⟩ d_i`.
 *
 * @param directions_FD rows of norm 1
 */
export function rejectRows(rows_FD: Tensor2D, directions_FD: Tensor2D): Tensor2D {
  return tidy(() => sub(rows_FD, mul(rowDots(rows_FD, directions_FD), directions_FD)) as Tensor2D);
}
