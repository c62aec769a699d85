import { PlumblineError } from "@plumbline/core";
import type { RowProducts } from "../values/row-products.ts";

/** The one-to-one assignment with the largest sum of scores; see `assignMaximum`. */
export type Assignment = (scores: Float32Array, nRows: number, nColumns: number) => Int32Array;

/** What cosines between decoder rows (F) and true directions (G) say. */
export interface DirectionComparison {
  /** [F] true latent with the largest |cosine| to each decoder row, ties to the lower index */
  readonly bestTrue: Int32Array;
  /** [F] true latent that each decoder row is assigned to, one to one; −1 for rows left over */
  readonly assigned: Int32Array;
  readonly trueMaxCosine: number;
  readonly foundMaxCosine: number;
  readonly meanCorrelationCoefficient: number;
  readonly uniqueness: number;
}

/** Rows shorter than this keep their small length, so that rounding noise gets no direction. */
const smallestNorm = 1e-8;

/** Rows `[n, width]` of norm 1; shorter ones than 1e-8 stay below 1. */
function clampedUnitRows(rows: Float32Array, width: number, what: string): Float32Array {
  const out = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    let square = 0;
    for (let j = start; j < start + width; j++) square += (rows[j] ?? 0) ** 2;
    if (!Number.isFinite(square)) {
      throw new PlumblineError({
        code: "not-finite",
        kind: "usage",
        message: `[metrics] createRecoveryMetrics(): expected finite ${what}, got other values in row ${start / width}`,
      });
    }
    const scale = 1 / Math.max(smallestNorm, Math.sqrt(square));
    for (let j = start; j < start + width; j++) out[j] = (rows[j] ?? 0) * scale;
  }
  return out;
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Largest cosine of each row and column, and the column of each row's largest |cosine|. */
function largestCosines(cosines: Float32Array, nFound: number, nTrue: number, absolute: boolean) {
  const ofFound = new Float64Array(nFound).fill(-1);
  const ofTrue = new Float64Array(nTrue).fill(-1);
  const bestTrue = new Int32Array(nFound);
  for (let f = 0; f < nFound; f++) {
    let largest = -1;
    for (let g = 0; g < nTrue; g++) {
      const signed = cosines[f * nTrue + g] ?? 0;
      const size = Math.abs(signed);
      if (size > largest) {
        largest = size;
        bestTrue[f] = g;
      }
      const cosine = absolute ? size : signed;
      if (cosine > (ofFound[f] ?? 0)) ofFound[f] = cosine;
      if (cosine > (ofTrue[g] ?? 0)) ofTrue[g] = cosine;
    }
  }
  return { ofFound, ofTrue, bestTrue };
}

/**
 * Compares decoder rows with true directions.
 *
 * @param options `trueDirections` [G, dIn], `decoder` [F, dIn], both of at least one row; takes 4 · F · G bytes
 * @throws PlumblineError `not-finite`
 */
export function compareDirections(options: {
  readonly trueDirections: Float32Array;
  readonly decoder: Float32Array;
  readonly dIn: number;
  readonly absolute: boolean;
  readonly assign: Assignment;
  readonly products: RowProducts;
}): DirectionComparison {
  const { dIn, absolute, assign, products } = options;
  const nFound = options.decoder.length / dIn;
  const nTrue = options.trueDirections.length / dIn;
  const found = clampedUnitRows(options.decoder, dIn, "decoder");
  const truth = clampedUnitRows(options.trueDirections, dIn, "trueDirections");
  const cosines = new Float32Array(nFound * nTrue);
  products(found, truth, dIn, cosines);
  const { ofFound, ofTrue, bestTrue } = largestCosines(cosines, nFound, nTrue, absolute);
  // In place: the signed cosines are not needed any more, and two copies may be gigabytes.
  for (let at = 0; at < cosines.length; at++) cosines[at] = Math.abs(cosines[at] ?? 0);
  const assigned = assign(cosines, nFound, nTrue);
  let matched = 0;
  assigned.forEach((g, f) => {
    if (g >= 0) matched += cosines[f * nTrue + g] ?? 0;
  });
  return {
    bestTrue,
    assigned,
    trueMaxCosine: meanOf(ofTrue),
    foundMaxCosine: meanOf(ofFound),
    meanCorrelationCoefficient: matched / Math.min(nFound, nTrue),
    uniqueness: new Set(bestTrue).size / nFound,
  };
}
