/**
 * How easy decoder rows are to rebuild from a meta dictionary: the mean of p = exp(−‖row − rebuilt‖² / σ²), which is 1 where all
 * are rebuilt perfectly and 0 where none is near. Summed in float64.
 *
 * @param rows [dSae, dIn]
 * @param rebuilt [dSae, dIn]
 * @param options `dIn`; `sigma2`: σ²
 * @source p_i of Levinson, arXiv 2604.03436
 * @example
 * import { decomposabilityOf } from "@plumbline/meta-sae";
 *
 * const rows = Float32Array.of(1, 0, 0, 1);
 * console.log(decomposabilityOf(rows, rows, { dIn: 2, sigma2: 1 })); // 1
 */
export function decomposabilityOf(
  rows: Float32Array,
  rebuilt: Float32Array,
  options: { readonly dIn: number; readonly sigma2: number },
): number {
  const { dIn, sigma2 } = options;
  let sum = 0;
  for (let start = 0; start < rows.length; start += dIn) {
    let distance = 0;
    for (let at = start; at < start + dIn; at++) {
      distance += ((rows[at] as number) - (rebuilt[at] as number)) ** 2;
    }
    sum += Math.exp(-distance / sigma2);
  }
  return sum / (rows.length / dIn);
}
