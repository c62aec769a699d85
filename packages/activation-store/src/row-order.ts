import { permutation, type Random } from "@plumbline/core";

/** The endless order in which rows are visited: epoch after epoch, each a new uniform permutation. */
export interface RowOrder {
  /**
   * Rows at positions `start`, `start + 1`, … of the stream, as many as `out` holds.
   *
   * @param start position ≥ 0; position p belongs to epoch ⌊p / nRows⌋
   */
  fill(start: number, out: Uint32Array): void;
}

/**
 * Visits every row once an epoch in uniformly random order. The order of epoch n is drawn from the child stream
 * `epoch-<n>`, so any position is reached without going through the ones before it. 4 bytes a row are kept.
 *
 * @param nRows rows in one epoch, 1 … 2^32 − 1
 */
export function createRowOrder(nRows: number, random: Random): RowOrder {
  let epochAtHand = -1;
  let order: Uint32Array = new Uint32Array();
  return {
    fill: (start, out) => {
      let filled = 0;
      while (filled < out.length) {
        const epoch = Math.floor((start + filled) / nRows);
        const offset = (start + filled) % nRows;
        if (epoch !== epochAtHand) {
          order = permutation(nRows, random.stream(`epoch-${epoch}`));
          epochAtHand = epoch;
        }
        const part = order.subarray(offset, offset + out.length - filled);
        out.set(part, filled);
        filled += part.length;
      }
    },
  };
}
