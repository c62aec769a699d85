import { PlumblineError } from "@plumbline/core";

/** How often true latents fire: a power law over ranks, the first latent most often. */
export interface FiringOptions {
  /** p_i falls from `largest` to `smallest` like 1 / (i + 1)^exponent; above 0 */
  readonly exponent: number;
  /** probability of latent 0, 0..1 */
  readonly largest: number;
  /** probability of the last latent, 0..1, below `largest` */
  readonly smallest: number;
}

/** Trees of latents: a child fires only on tokens on which its parent fires. Latents that no tree takes stand alone. */
export interface HierarchyOptions {
  /** latents 0 … nRoots − 1 are roots; each level takes the next latents */
  readonly nRoots: number;
  /** children of each latent above the last level */
  readonly branching: number;
  /** levels below the roots */
  readonly depth: number;
  /** at most one child of a parent fires on a token; of several, one is picked at random; default false */
  readonly mutuallyExclusive?: boolean;
  /** a child's amplitude is multiplied by parent amplitude / parent mean amplitude; default false */
  readonly scaleChildrenByParent?: boolean;
  /**
   * Children are drawn more often, so that they fire at their own probability in spite of their parent's silence; see
   * `drawProbabilities`. Default false: `FiringOptions` then describe a child before its parent is asked
   */
  readonly compensate?: boolean;
}

/** Settings of `syntheticActivations`. */
export interface SyntheticOptions {
  /** true directions, usually more than dIn */
  readonly nLatents: number;
  /** width of the activations */
  readonly dIn: number;
  readonly seed: number;
  readonly firing: FiringOptions;
  readonly hierarchy?: HierarchyOptions;
  /** firing is correlated through `rank` shared normal factors, with loadings of standard deviation `scale` */
  readonly correlation?: { readonly rank: number; readonly scale: number };
  /** mean amplitude, going linearly from the first latent to the last; default 1 */
  readonly meanAmplitude?: { readonly first: number; readonly last: number };
  /** standard deviation of the amplitude, for each latent |normal(mean, deviation)|; default 0: constant amplitudes */
  readonly amplitudeDeviation?: { readonly mean: number; readonly deviation: number };
  /** norm of a constant vector, in a random direction, in all activations; default 0 */
  readonly biasNorm?: number;
  /** standard deviation, in each dimension, of normal noise on the activations; default 0 */
  readonly noise?: number;
  /** steps that push directions apart; each takes some 4 · nLatents · dIn² operations; default 0 */
  readonly orthogonalizationSteps?: number;
}

function bad(expected: string, got: unknown): PlumblineError {
  return new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[testing] syntheticActivations(): expected ${expected}, got ${got}`,
  });
}

function checkInteger(name: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw bad(`${name} to be an integer of at least ${least}`, value);
  }
}

function checkFromZero(name: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw bad(`${name} of at least 0`, value);
}

/** Throws `bad-option` for settings that describe no data. */
export function checkSyntheticOptions(options: SyntheticOptions): void {
  const { firing, hierarchy, correlation, meanAmplitude, amplitudeDeviation } = options;
  checkInteger("nLatents", options.nLatents, 1);
  checkInteger("dIn", options.dIn, 1);
  checkInteger("orthogonalizationSteps", options.orthogonalizationSteps ?? 0, 0);
  checkFromZero("biasNorm", options.biasNorm ?? 0);
  checkFromZero("noise", options.noise ?? 0);
  if (!(firing.exponent > 0)) throw bad("firing.exponent above 0", firing.exponent);
  if (!(0 < firing.smallest && firing.smallest <= firing.largest && firing.largest < 1)) {
    throw bad(
      "0 < firing.smallest ≤ firing.largest < 1",
      `smallest ${firing.smallest}, largest ${firing.largest}`,
    );
  }
  if (hierarchy !== undefined) {
    checkInteger("hierarchy.nRoots", hierarchy.nRoots, 1);
    checkInteger("hierarchy.branching", hierarchy.branching, 1);
    checkInteger("hierarchy.depth", hierarchy.depth, 1);
    if (hierarchy.nRoots > options.nLatents) {
      throw bad(`at most ${options.nLatents} roots, as there are latents`, hierarchy.nRoots);
    }
  }
  if (correlation !== undefined) {
    checkInteger("correlation.rank", correlation.rank, 1);
    checkFromZero("correlation.scale", correlation.scale);
  }
  if (meanAmplitude !== undefined && !(meanAmplitude.first > 0 && meanAmplitude.last > 0)) {
    throw bad("mean amplitudes above 0", `${meanAmplitude.first} and ${meanAmplitude.last}`);
  }
  if (amplitudeDeviation !== undefined) {
    checkFromZero("amplitudeDeviation.mean", amplitudeDeviation.mean);
    checkFromZero("amplitudeDeviation.deviation", amplitudeDeviation.deviation);
  }
}
