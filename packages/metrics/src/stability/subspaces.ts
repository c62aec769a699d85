import { PlumblineError } from "@plumbline/core";
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";
import { type MetricValue, notDefined } from "../values/metric-value.ts";
import { type RowProducts, rowProducts } from "../values/row-products.ts";

/** The subspaces that two dictionaries span most, against each other. */
export interface SubspaceAgreement {
  readonly rank: number;
  readonly subspaceOverlap: MetricValue;
  /** what random subspaces of this rank have: rank / dIn */
  readonly byChance: number;
  /** [rank] principal angles in radians, ascending, to about 1e-3; absent where there are fewer directions than `rank` */
  readonly angles?: readonly number[];
}

function transposed(rows: Float32Array, width: number): Float32Array {
  const n = rows.length / width;
  const out = new Float32Array(rows.length);
  for (let i = 0; i < n; i++) for (let j = 0; j < width; j++) out[j * n + i] = rows[i * width + j] as number;
  return out;
}

/** `[width, rank]`: the leading right singular vectors of `[n, width]` rows; undefined where the rows span less. */
function leadingDirections(
  rows: Float32Array,
  width: number,
  options: { rank: number; products: RowProducts },
): Matrix | undefined {
  const { rank, products } = options;
  const n = rows.length / width;
  if (n < rank) return undefined;
  const gram = new Float32Array(width * width);
  const columns = transposed(rows, width);
  products(columns, columns, n, gram);
  const square = Matrix.from1DArray(width, width, Array.from(gram));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(square, {
    assumeSymmetric: true,
  });
  const order = [...realEigenvalues.keys()].sort(
    (a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number),
  );
  const [largest, last] = [order[0], order[rank - 1]].map((at) => realEigenvalues[at as number] as number);
  // Singular values below float32's resolution of the largest are directions of rounding.
  if (!((last as number) > (largest as number) * 1e-10)) return undefined;
  return eigenvectorMatrix.subMatrixColumn(order.slice(0, rank));
}

/** Cosines of the principal angles, descending, between the column spaces of two orthonormal matrices. */
function cosinesBetween(first: Matrix, second: Matrix): number[] {
  const { diagonal } = new SingularValueDecomposition(first.transpose().mmul(second), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  });
  return diagonal.map((value) => Math.min(1, value));
}

/**
 * Principal angles between the `rank`-dimensional subspaces that two sets of rows span most (their leading right singular
 * vectors). Latents may differ from seed to seed and still span the same space.
 *
 * @param a `[nA, width]`
 * @param b `[nB, width]`
 * @throws PlumblineError `bad-option` for a rank outside 1 … width
 * @source Björck & Golub, "Numerical methods for computing angles between linear subspaces", 1973
 * @example
 * import { subspaceAgreement } from "@plumbline/metrics";
 *
 * const [a, b] = [Float32Array.of(1, 0, 0, 0, 1, 0), Float32Array.of(0, 2, 0, 0, 0, 3)];
 * console.log(subspaceAgreement(a, b, 3, { rank: 2 }).subspaceOverlap); // { value: 0.5 }
 */
export function subspaceAgreement(
  a: Float32Array,
  b: Float32Array,
  width: number,
  options: { readonly rank: number; readonly products?: RowProducts },
): SubspaceAgreement {
  const { rank, products = rowProducts } = options;
  if (!Number.isInteger(rank) || rank < 1 || rank > width) {
    throw new PlumblineError({
      code: "bad-option",
      kind: "usage",
      message: `[metrics] subspaceAgreement(): expected a rank of 1 … ${width}, got ${rank}`,
    });
  }
  const byChance = rank / width;
  const [first, second] = [a, b].map((rows) => leadingDirections(rows, width, { rank, products }));
  if (first === undefined || second === undefined) {
    return { rank, byChance, subspaceOverlap: notDefined(`the rows span fewer than ${rank} dimensions`) };
  }
  const cosines = cosinesBetween(first, second);
  return {
    rank,
    byChance,
    subspaceOverlap: { value: cosines.reduce((sum, cosine) => sum + cosine ** 2, 0) / rank },
    angles: cosines.map(Math.acos).sort((x, y) => x - y),
  };
}
