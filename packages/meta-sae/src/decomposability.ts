/** How easy decoder rows are to rebuild from a meta dictionary. */
export interface Decomposability {
  /** mean over rows of exp(−‖row − rebuilt‖² / σ²): 1 where all are rebuilt perfectly, 0 where none is near */
  readonly mean: number;
  /** 1 − Σ‖row − rebuilt‖² / Σ‖row − mean row‖²; NaN where all rows are equal */
  readonly explainedVariance: number;
}

/**
 * Compares decoder rows with what the meta SAE makes of them. Sums are float64.
 *
 * @param rows [dSae, dIn]
 * @param rebuilt [dSae, dIn]
 * @param options `dIn`; `sigma2`: σ²
 * @source p_i of Levinson, arXiv 2604.03436; explained variance as in SAEBench's `meta_structure`
 * @example
 * import { decomposabilityOf } from "@plumbline/meta-sae";
 *
 * const rows = Float32Array.of(1, 0, 0, 1);
 * console.log(decomposabilityOf(rows, rows, { dIn: 2, sigma2: 1 })); // { mean: 1, explainedVariance: 1 }
 */
export function decomposabilityOf(
  rows: Float32Array,
  rebuilt: Float32Array,
  options: { readonly dIn: number; readonly sigma2: number },
): Decomposability {
  const { dIn, sigma2 } = options;
  const n = rows.length / dIn;
  const mean = new Float64Array(dIn);
  for (let at = 0; at < rows.length; at++) {
    mean[at % dIn] = (mean[at % dIn] as number) + (rows[at] as number) / n;
  }
  let [sum, error, variance] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    let distance = 0;
    for (let j = 0; j < dIn; j++) {
      const value = rows[i * dIn + j] as number;
      distance += (value - (rebuilt[i * dIn + j] as number)) ** 2;
      variance += (value - (mean[j] as number)) ** 2;
    }
    sum += Math.exp(-distance / sigma2);
    error += distance;
  }
  return { mean: sum / n, explainedVariance: 1 - error / variance };
}
