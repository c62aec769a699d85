import { type MetricValue, notDefined, ratio } from "../values/metric-value.ts";
import { phiRow } from "./phi.ts";
import { createTopLists, type TopLists } from "./top-lists.ts";

/** For every latent of one SAE the latents of the other with the largest φ. */
export interface CrossTop {
  readonly nLatents: number;
  /** partners kept for each latent */
  readonly nKept: number;
  /** [nLatents, nKept] φ, largest first */
  readonly values: Float32Array;
  /** [nLatents, nKept] latents of the other SAE; of equal φ the lower one first */
  readonly indices: Int32Array;
}

/** A latent that two latents of the other SAE share. */
export interface CrossCandidate {
  readonly latent: number;
  /** fraction of tokens on which it fires */
  readonly firingRate: number;
  /** the two latents of the other SAE with the largest φ, and φ */
  readonly partners: readonly [first: number, second: number];
  readonly phis: readonly [first: number, second: number];
}

/** Which latents of two SAEs fire together. */
export interface CrossCooccurrenceResult {
  readonly nTokens: number;
  readonly dSaeA: number;
  readonly dSaeB: number;
  /** [dSaeA], [dSaeB] tokens on which each latent fired */
  readonly firingsA: Float64Array;
  readonly firingsB: Float64Array;
  /** mean over latents of A that fired, but not always, of their largest φ with a latent of B, and the other way round */
  readonly meanTopPhiA: MetricValue;
  readonly meanTopPhiB: MetricValue;
  /** largest φ over B for every latent of A, and the other way round */
  readonly topOfA: CrossTop;
  readonly topOfB: CrossTop;
  /** latents of B that A may have split in two: rare ones, the largest second φ first */
  readonly splitting: readonly CrossCandidate[];
  /** latents of A that may have merged two of B */
  readonly merging: readonly CrossCandidate[];
}

export interface CrossCounts {
  readonly nTokens: number;
  readonly firingsA: Float64Array;
  readonly firingsB: Float64Array;
  /** [dSaeA, dSaeB] joint counts, row-major */
  readonly joint: Uint32Array;
}

export interface CrossOptions {
  /** partners kept for each latent */
  readonly top: number;
  /** candidates are latents that fire on at most this fraction of tokens */
  readonly maxFiringRate: number;
  /** candidates named on each side */
  readonly nCandidates: number;
}

function crossTop(lists: TopLists, options: { nLatents: number; nKept: number }): CrossTop {
  const { nLatents, nKept } = options;
  const values = new Float32Array(nLatents * nKept);
  const indices = new Int32Array(nLatents * nKept);
  for (let latent = 0; latent < nLatents; latent++) {
    const kept = lists.entries(latent).slice(0, nKept);
    kept.forEach(({ value, key }, rank) => {
      values[latent * nKept + rank] = value;
      indices[latent * nKept + rank] = key;
    });
  }
  return { nLatents, nKept, values, indices };
}

function candidates(
  lists: TopLists,
  options: { firings: Float64Array; nTokens: number } & CrossOptions,
): CrossCandidate[] {
  const { firings, nTokens, maxFiringRate, nCandidates } = options;
  const found: CrossCandidate[] = [];
  firings.forEach((count, latent) => {
    if (count === 0 || count > maxFiringRate * nTokens) return;
    const [first, second] = lists.entries(latent);
    if (first === undefined || second === undefined) return;
    const [partners, phis] = [[first.key, second.key] as const, [first.value, second.value] as const];
    found.push({ latent, firingRate: count / nTokens, partners, phis });
  });
  return found.sort((a, b) => b.phis[1] - a.phis[1] || a.latent - b.latent).slice(0, nCandidates);
}

function meanTop(lists: TopLists, options: { firings: Float64Array; nTokens: number }): MetricValue {
  const { firings, nTokens } = options;
  if (nTokens === 0) return notDefined("no tokens");
  let [sum, n] = [0, 0];
  firings.forEach((count, latent) => {
    if (count === 0 || count === nTokens) return;
    sum += lists.entries(latent)[0]?.value ?? 0;
    n++;
  });
  return ratio(sum, n, "no latent fired on some tokens and not on others");
}

/** φ of every latent of A with every one of B in one pass, row by row. */
function largestPhis(counts: CrossCounts, sizes: { nKeptA: number; nKeptB: number }): [TopLists, TopLists] {
  const { nTokens, firingsA, firingsB, joint } = counts;
  const [dSaeA, dSaeB] = [firingsA.length, firingsB.length];
  const ofA = createTopLists({ nLists: dSaeA, size: sizes.nKeptA });
  const ofB = createTopLists({ nLists: dSaeB, size: sizes.nKeptB });
  const row = new Float64Array(dSaeB);
  for (let a = 0; a < dSaeA; a++) {
    const jointRow = joint.subarray(a * dSaeB, (a + 1) * dSaeB);
    phiRow(row, { nTokens, nFirst: firingsA[a] ?? 0, joint: jointRow, nSecond: firingsB });
    for (let b = 0; b < dSaeB; b++) {
      const phi = row[b] ?? 0;
      if (phi > ofA.bar(a)) ofA.offer(a, { value: phi, key: b });
      if (phi > ofB.bar(b)) ofB.offer(b, { value: phi, key: a });
    }
  }
  return [ofA, ofB];
}

/** Largest φ on both sides, and what looks split or merged. */
export function summarizeCross(counts: CrossCounts, options: CrossOptions): CrossCooccurrenceResult {
  const { nTokens, firingsA, firingsB } = counts;
  const [dSaeA, dSaeB] = [firingsA.length, firingsB.length];
  const nKeptA = Math.min(options.top, dSaeB);
  const nKeptB = Math.min(options.top, dSaeA);
  // Candidates need two partners, however few are asked for.
  const [ofA, ofB] = largestPhis(counts, {
    nKeptA: Math.min(Math.max(2, nKeptA), dSaeB),
    nKeptB: Math.min(Math.max(2, nKeptB), dSaeA),
  });
  return {
    nTokens,
    dSaeA,
    dSaeB,
    firingsA: firingsA.slice(),
    firingsB: firingsB.slice(),
    meanTopPhiA: meanTop(ofA, { firings: firingsA, nTokens }),
    meanTopPhiB: meanTop(ofB, { firings: firingsB, nTokens }),
    topOfA: crossTop(ofA, { nLatents: dSaeA, nKept: nKeptA }),
    topOfB: crossTop(ofB, { nLatents: dSaeB, nKept: nKeptB }),
    splitting: candidates(ofB, { ...options, firings: firingsB, nTokens }),
    merging: candidates(ofA, { ...options, firings: firingsA, nTokens }),
  };
}
