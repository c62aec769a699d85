import type { HierarchyOptions } from "./synthetic-options.ts";

/**
 * Trees numbered level by level, so that a parent stands before its children and the children of latent i are consecutive:
 * `nRoots + i · branching` and the next `branching − 1`, as far as there are latents.
 */
export interface Hierarchy {
  readonly nRoots: number;
  readonly branching: number;
  /** latents 0 … nParents − 1 have children */
  readonly nParents: number;
  /** latents 0 … nMembers − 1 are in a tree */
  readonly nMembers: number;
}

/** Counts the latents of the trees; without options there are none. */
export function createHierarchy(nLatents: number, options: HierarchyOptions | undefined): Hierarchy {
  if (options === undefined) return { nRoots: 0, branching: 0, nParents: 0, nMembers: 0 };
  const { nRoots, branching, depth } = options;
  let nMembers = nRoots;
  let nAboveLastLevel = 0;
  for (let level = 1, width = nRoots; level <= depth && nMembers < nLatents; level++) {
    nAboveLastLevel = nMembers;
    width *= branching;
    nMembers = Math.min(nMembers + width, nLatents);
  }
  const nParents = Math.min(nAboveLastLevel, Math.ceil((nMembers - nRoots) / branching));
  return { nRoots, branching, nParents, nMembers };
}

/** Parent of `latent`; −1 for a root and for a latent in no tree. */
export function parentOf(latent: number, { nRoots, branching, nMembers }: Hierarchy): number {
  return latent < nRoots || latent >= nMembers ? -1 : Math.floor((latent - nRoots) / branching);
}

/**
 * Probabilities to draw children with, given that their parent fires, such that they fire about as often as `wanted`.
 *
 * With r = wanted rate / wanted rate of the parent this is r, and where children exclude each other r · (1 + Σ r of its
 * siblings), at most 1. Without exclusion and correlation the rates are then exact; with exclusion the formula is the
 * benchmark's, no solution: crowded siblings fire less often than wanted.
 *
 * @param wanted [nLatents] 0..1
 * @returns [nLatents]; roots and latents in no tree as wanted
 * @source `compute_probability_correction_factors` of `sae_lens.synthetic`
 */
export function drawProbabilities(
  wanted: Float64Array,
  options: { hierarchy: Hierarchy; mutuallyExclusive: boolean },
): Float64Array {
  const { hierarchy, mutuallyExclusive } = options;
  const { nRoots, branching, nMembers } = hierarchy;
  const drawn = wanted.slice();
  for (let first = nRoots; first < nMembers; first += branching) {
    const end = Math.min(first + branching, nMembers);
    const ofParent = wanted[parentOf(first, hierarchy)] ?? 1;
    let total = 0;
    for (let i = first; i < end; i++) total += (wanted[i] ?? 0) / ofParent;
    for (let i = first; i < end; i++) {
      const rate = (wanted[i] ?? 0) / ofParent;
      drawn[i] = Math.min(1, mutuallyExclusive ? rate * (1 + total - rate) : rate);
    }
  }
  return drawn;
}
