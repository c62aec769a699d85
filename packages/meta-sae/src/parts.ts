import type { SparseLatents } from "@plumbline/core";

/** A latent with how strong it is. */
export interface Part {
  readonly index: number;
  readonly value: number;
}

const byValue = (a: Part, b: Part): number => b.value - a.value || a.index - b.index;

/**
 * The meta latents that a latent is made of, the strongest first.
 *
 * @param latents of an explanation: a row for each latent
 */
export function partsOf(latents: SparseLatents, latent: number): readonly Part[] {
  const { rowStarts, indices, values } = latents;
  const parts: Part[] = [];
  for (let at = rowStarts[latent] ?? 0; at < (rowStarts[latent + 1] ?? 0); at++) {
    parts.push({ index: indices[at] as number, value: values[at] as number });
  }
  return parts.sort(byValue);
}

/**
 * For each meta latent the latents that it is a part of, the strongest first.
 *
 * @returns [meta latents]
 */
export function wholesOf(latents: SparseLatents): readonly (readonly Part[])[] {
  const wholes: Part[][] = Array.from({ length: latents.dSae }, () => []);
  for (let latent = 0; latent < latents.nRows; latent++) {
    for (const { index, value } of partsOf(latents, latent)) wholes[index]?.push({ index: latent, value });
  }
  for (const list of wholes) list.sort(byValue);
  return wholes;
}
