import { createMaxima, eachBand, type Maxima, type RowPair } from "../values/bands.ts";
import { type BestPartners, createBestPartners } from "./best-partners.ts";

/** A sparse part of all scores: by row, columns with their scores. */
export type Candidates = readonly Map<number, number>[];

/** Best columns of every row, and every row that is among the best of a column. Goes through all scores once. */
export function findCandidates(
  pair: RowPair,
  keep: { readonly perRow: number; readonly perColumn: number },
): { candidates: Candidates; maxima: Maxima } {
  const [nRows, nColumns] = [pair.a.length / pair.width, pair.b.length / pair.width];
  const maxima = createMaxima(nRows, nColumns);
  const ofRows = createBestPartners(nRows, Math.min(keep.perRow, nColumns));
  const ofColumns = createBestPartners(nColumns, Math.min(keep.perColumn, nRows));
  eachBand(pair, (band, firstRow) => {
    maxima.add(band, firstRow);
    for (let i = 0; i < band.length / nColumns; i++) {
      for (let j = 0; j < nColumns; j++) {
        const score = band[i * nColumns + j] as number;
        ofRows.offer(firstRow + i, score, j);
        ofColumns.offer(j, score, firstRow + i);
      }
    }
  });
  const candidates: Candidates = Array.from({ length: nRows }, () => new Map<number, number>());
  eachPartner(ofRows, (row, column, score) => candidates[row]?.set(column, score));
  eachPartner(ofColumns, (column, row, score) => candidates[row]?.set(column, score));
  return { candidates, maxima };
}

function eachPartner(
  { partners, scores, keep }: BestPartners,
  visit: (owner: number, partner: number, score: number) => void,
): void {
  partners.forEach((partner, at) => {
    if (partner !== -1) visit(Math.floor(at / keep), partner, scores[at] as number);
  });
}

/**
 * What no assignment can be worth more than, whatever the prices: a row gets at most its best score less the price, and what is
 * paid is at most the sum of the prices (weak duality; prices are at least 0). Goes through all scores once.
 *
 * @param options `add`: for each row, the columns that it would rather have at these prices become candidates
 */
export function boundByPrices(
  pair: RowPair,
  prices: Float64Array,
  options: { readonly candidates: Candidates; readonly add: number },
): number {
  const { candidates, add } = options;
  const nColumns = prices.length;
  // Where there are more rows than columns, some get nothing and pay nothing.
  const least = candidates.length > nColumns ? 0 : Number.NEGATIVE_INFINITY;
  let bound = prices.reduce((sum, price) => sum + price, 0);
  eachBand(pair, (band, firstRow) => {
    const best = createBestPartners(band.length / nColumns, Math.min(add, nColumns));
    for (let i = 0; i < band.length / nColumns; i++) {
      let most = least;
      for (let j = 0; j < nColumns; j++) {
        const value = (band[i * nColumns + j] as number) - (prices[j] as number);
        if (value > most) most = value;
        best.offer(i, value, j);
      }
      bound += most;
    }
    eachPartner(best, (i, column) =>
      candidates[firstRow + i]?.set(column, band[i * nColumns + column] as number),
    );
  });
  return bound;
}
