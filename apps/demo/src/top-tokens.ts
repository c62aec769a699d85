import type { SparseLatents } from "@plumbline/core";

/** A token on which a latent fires. */
export interface Firing {
  /** row of the token among all held-out rows */
  readonly row: number;
  readonly value: number;
}

/** What is kept of one latent. */
export interface LatentTokens {
  readonly latent: number;
  /** tokens on which it fires */
  readonly nFirings: number;
  /** the strongest, strongest first, at most one a passage */
  readonly top: readonly Firing[];
}

/**
 * Collects, for each latent, how often it fires and where most strongly.
 *
 * @param options.passageOf passage that a row belongs to; of each passage only the strongest firing is kept, the earlier one
 *   on ties
 * @param options.nTop firings to keep a latent
 */
export function createTopTokens(options: {
  dSae: number;
  nTop: number;
  passageOf: (row: number) => number;
}): { add(latents: SparseLatents): void; result(): LatentTokens[] } {
  const { dSae, nTop, passageOf } = options;
  const nFirings = new Uint32Array(dSae);
  const tops: Firing[][] = Array.from({ length: dSae }, () => []);
  let nRows = 0;
  const offer = (top: Firing[], firing: Firing): void => {
    const passage = passageOf(firing.row);
    const same = top.findIndex(({ row }) => passageOf(row) === passage);
    if (same >= 0) {
      if ((top[same]?.value ?? 0) >= firing.value) return;
      top.splice(same, 1);
    } else if (top.length === nTop && (top[nTop - 1]?.value ?? 0) >= firing.value) return;
    const place = top.findIndex(({ value }) => value < firing.value);
    top.splice(place < 0 ? top.length : place, 0, firing);
    top.length = Math.min(top.length, nTop);
  };
  return {
    add: ({ nRows: nNew, rowStarts, indices, values }) => {
      for (let row = 0; row < nNew; row++) {
        for (let j = rowStarts[row] ?? 0; j < (rowStarts[row + 1] ?? 0); j++) {
          const latent = indices[j] ?? 0;
          nFirings[latent] = (nFirings[latent] ?? 0) + 1;
          offer(tops[latent] ?? [], { row: nRows + row, value: values[j] ?? 0 });
        }
      }
      nRows += nNew;
    },
    result: () => tops.map((top, latent) => ({ latent, nFirings: nFirings[latent] ?? 0, top })),
  };
}

/**
 * Picks latents to show by how often they fire, not by how good they look: of those that fire on at least `minFirings` tokens,
 * ordered from rare to frequent, the ones at evenly spaced places, ends left out.
 */
export function pickLatents(
  latents: readonly LatentTokens[],
  options: { n: number; minFirings: number },
): LatentTokens[] {
  const alive = latents
    .filter(({ nFirings }) => nFirings >= options.minFirings)
    .sort((a, b) => a.nFirings - b.nFirings || a.latent - b.latent);
  const n = Math.min(options.n, alive.length);
  return Array.from({ length: n }, (_, i) => alive[Math.floor(((i + 0.5) * alive.length) / n)]).filter(
    (latent) => latent !== undefined,
  );
}
