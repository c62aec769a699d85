import type { RowProducts } from "./row-products.ts";

/** Two sets of rows and how to multiply them. */
export interface RowPair {
  /** `[nRows, width]` */
  readonly a: Float32Array;
  /** `[nColumns, width]` */
  readonly b: Float32Array;
  readonly width: number;
  readonly products: RowProducts;
}

/** Values of a band of products: 64 MiB. */
const bandValues = 2 ** 24;

/** Goes through all products by bands of rows of `a`; a band is valid only during the call. */
export function eachBand(
  { a, b, width, products }: RowPair,
  visit: (band: Float32Array, firstRow: number) => void,
): void {
  const [nRows, nColumns] = [a.length / width, b.length / width];
  const height = Math.max(1, Math.min(nRows, Math.floor(bandValues / nColumns)));
  const band = new Float32Array(height * nColumns);
  for (let first = 0; first < nRows; first += height) {
    const count = Math.min(height, nRows - first);
    const part = count === height ? band : band.subarray(0, count * nColumns);
    products(a.subarray(first * width, (first + count) * width), b, width, part);
    visit(part, first);
  }
}

/** Largest product of each row and of each column, over bands. */
export interface Maxima {
  readonly rowMaxima: Float32Array;
  readonly columnMaxima: Float32Array;
  add(band: Float32Array, firstRow: number): void;
}

/** @param options `skipSelf`: leave out row i with column i, for rows compared with themselves */
export function createMaxima(
  nRows: number,
  nColumns: number,
  options: { readonly skipSelf?: boolean } = {},
): Maxima {
  const { skipSelf = false } = options;
  const rowMaxima = new Float32Array(nRows).fill(Number.NEGATIVE_INFINITY);
  const columnMaxima = new Float32Array(nColumns).fill(Number.NEGATIVE_INFINITY);
  return {
    rowMaxima,
    columnMaxima,
    add: (band, firstRow) => {
      for (let i = 0; i < band.length / nColumns; i++) {
        let best = Number.NEGATIVE_INFINITY;
        for (let j = 0; j < nColumns; j++) {
          const value = band[i * nColumns + j] as number;
          if (skipSelf && j === firstRow + i) continue;
          if (value > best) best = value;
          if (value > (columnMaxima[j] as number)) columnMaxima[j] = value;
        }
        rowMaxima[firstRow + i] = best;
      }
    },
  };
}
