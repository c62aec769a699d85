import type { Random } from "@plumbline/core";
import type { Correlation } from "./correlation.ts";
import type { Hierarchy } from "./hierarchy.ts";
import { normalQuantile } from "./normal-quantile.ts";

/** Everything that decides which latents fire on a token, and how much. */
export interface LatentModel {
  readonly nLatents: number;
  /** [nLatents] probability to fire, for a child given that its parent does */
  readonly drawn: Float64Array;
  readonly hierarchy: Hierarchy;
  readonly mutuallyExclusive: boolean;
  readonly scaleChildrenByParent: boolean;
  readonly correlation: Correlation | undefined;
  /** [nLatents] */
  readonly amplitudeMeans: Float64Array;
  /** [nLatents] */
  readonly amplitudeDeviations: Float64Array;
}

/** Latents that fire on one token, ascending, with their values above 0. */
export interface FiringList {
  readonly indices: number[];
  readonly values: number[];
}

/** Whether a standard normal number exceeds `limit`. */
function exceeds(limit: number, random: Random): boolean {
  // Box–Muller: the number is radius · cosine. Most limits are above most radii, and then the cosine is not needed.
  const squaredRadius = -2 * Math.log(1 - random.uniform());
  if (limit > 0 && squaredRadius <= limit * limit) return false;
  return Math.sqrt(squaredRadius) * Math.cos(2 * Math.PI * random.uniform()) > limit;
}

/** Says for each latent of a token whether its coin comes up; made anew for every token. */
function coinsOfToken(model: LatentModel, thresholds: Float64Array, random: Random) {
  const { correlation, drawn } = model;
  if (correlation === undefined) return (latent: number) => random.uniform() < (drawn[latent] ?? 0);
  const { rank, loadings, own } = correlation;
  const shared = Float64Array.from({ length: rank }, () => random.normal());
  return (latent: number): boolean => {
    let sum = 0;
    const start = latent * rank;
    for (let r = 0; r < rank; r++) sum += (loadings[start + r] ?? 0) * (shared[r] ?? 0);
    return exceeds(((thresholds[latent] ?? 0) - sum) / (own[latent] ?? 1), random);
  };
}

/**
 * Makes a function that draws the latents of one token.
 *
 * Amplitudes are max(normal(mean, deviation), 0); a latent whose amplitude comes out 0 is silent, and its children with it.
 * Children are drawn only under a parent that fires, which changes no probability: coins are independent given the shared
 * factors.
 */
export function latentDrawer(model: LatentModel): (random: Random) => FiringList {
  const { nLatents, drawn, hierarchy, amplitudeMeans, amplitudeDeviations } = model;
  const { nRoots, branching, nParents, nMembers } = hierarchy;
  const thresholds = drawn.map((p) => -normalQuantile(p));
  const amplitude = (latent: number, random: Random): number => {
    const mean = amplitudeMeans[latent] ?? 0;
    const deviation = amplitudeDeviations[latent] ?? 0;
    return deviation === 0 ? mean : Math.max(0, mean + deviation * random.normal());
  };

  return (random) => {
    const coin = coinsOfToken(model, thresholds, random);
    const indices: number[] = [];
    const values: number[] = [];
    /** draws latents `start` … `end − 1` behind those that are there already */
    const draw = (start: number, end: number, scale: number): void => {
      for (let latent = start; latent < end; latent++) {
        if (!coin(latent)) continue;
        const value = scale * amplitude(latent, random);
        if (value === 0) continue;
        indices.push(latent);
        values.push(value);
      }
    };
    const keepOneFrom = (first: number): void => {
      const nFired = indices.length - first;
      if (nFired < 2) return;
      const winner = first + random.integer(nFired);
      indices.splice(first, nFired, indices[winner] ?? 0);
      values.splice(first, nFired, values[winner] ?? 0);
    };

    draw(0, nRoots, 1);
    // The list grows behind `at` by the children of latents in it, and stays ascending, since trees are numbered by level.
    for (let at = 0; (indices[at] ?? nParents) < nParents; at++) {
      const parent = indices[at] ?? 0;
      const relative = (values[at] ?? 0) / (amplitudeMeans[parent] ?? 1);
      const first = nRoots + parent * branching;
      const nBefore = indices.length;
      draw(first, Math.min(first + branching, nMembers), model.scaleChildrenByParent ? relative : 1);
      if (model.mutuallyExclusive) keepOneFrom(nBefore);
    }
    draw(nMembers, nLatents, 1);
    return { indices, values };
  };
}
