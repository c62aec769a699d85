import { createRandom, fillNormal, PlumblineError, type Random } from "@plumbline/core";

/** Settings of {@link toySuperposition}. */
export interface ToySuperpositionOptions {
  /** width of the activations */
  readonly dIn: number;
  /** true directions, usually more than dIn */
  readonly nLatents: number;
  /** tokens to draw */
  readonly nRows: number;
  /** mean number of true latents that fire on a token */
  readonly l0: number;
  readonly seed: number;
}

/** Activations whose sparse cause is known. */
export interface ToySuperposition {
  readonly dIn: number;
  readonly nRows: number;
  /** [nRows, dIn] */
  readonly rows: Float32Array;
  /** [nLatents, dIn] true unit directions */
  readonly directions: Float32Array;
  /** [nRows, nLatents] true latents, 0 where silent */
  readonly latents: Float32Array;
}

function unitDirections(nLatents: number, dIn: number, random: Random): Float32Array {
  const directions = fillNormal(new Float32Array(nLatents * dIn), random);
  for (let i = 0; i < nLatents; i++) {
    const row = directions.subarray(i * dIn, (i + 1) * dIn);
    const norm = Math.hypot(...row);
    for (let j = 0; j < dIn; j++) row[j] = (row[j] ?? 0) / norm;
  }
  return directions;
}

/**
 * Firing probabilities that fall like 1 / (rank + offset) and sum to `l0`. The offset keeps the most frequent latent from
 * firing on most tokens, for few latents as for many.
 */
function firingProbabilities(nLatents: number, l0: number): number[] {
  const offset = nLatents / 50 + l0;
  const weights = Array.from({ length: nLatents }, (_, i) => 1 / (i + offset));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => (w * l0) / total);
}

/**
 * Toy activations in superposition: `x = Σ_i a_i g_i` over random unit directions g_i, where latent i fires with its own
 * probability (a few often, most rarely) and amplitude `0.5 + Exp(mean 0.5)`. No noise, so a perfect SAE exists.
 *
 * @throws PlumblineError `bad-toy` where l0 is above a quarter of nLatents
 * @returns the activations with the directions and latents behind them; same seed, same bytes
 * @example
 * import { toySuperposition } from "@plumbline/testing";
 *
 * const toy = toySuperposition({ dIn: 16, nLatents: 32, nRows: 100, l0: 3, seed: 0 });
 * console.log(toy.rows.length, toy.directions.length); // 1600 512
 */
export function toySuperposition(options: ToySuperpositionOptions): ToySuperposition {
  const { dIn, nLatents, nRows, l0, seed } = options;
  if (!(l0 > 0 && l0 <= nLatents / 4)) {
    throw new PlumblineError({
      code: "bad-toy",
      kind: "usage",
      message: `[testing] toySuperposition(): expected l0 above 0 and at most a quarter of ${nLatents} latents, got ${l0}`,
      hint: "toy latents are sparse; raise nLatents or lower l0",
    });
  }
  const root = createRandom(seed, "toy-superposition");
  const directions = unitDirections(nLatents, dIn, root.stream("directions"));
  const probabilities = firingProbabilities(nLatents, l0);
  const random = root.stream("tokens");
  const rows = new Float32Array(nRows * dIn);
  const latents = new Float32Array(nRows * nLatents);
  for (let row = 0; row < nRows; row++) {
    for (let i = 0; i < nLatents; i++) {
      if (random.uniform() >= (probabilities[i] ?? 0)) continue;
      const amplitude = 0.5 - 0.5 * Math.log(1 - random.uniform());
      latents[row * nLatents + i] = amplitude;
      for (let j = 0; j < dIn; j++) {
        const at = row * dIn + j;
        rows[at] = (rows[at] ?? 0) + amplitude * (directions[i * dIn + j] ?? 0);
      }
    }
  }
  return { dIn, nRows, rows, directions, latents };
}
