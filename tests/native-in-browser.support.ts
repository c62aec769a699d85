import { topK } from "@plumbline/architectures";
import { toySuperposition } from "@plumbline/testing";

export const dIn = 16;
export const dSae = 24;
/** What the page trains on: toy data with known latents. */
export const rows: Float32Array = toySuperposition({ dIn, nLatents: 24, nRows: 128, l0: 3, seed: 0 }).rows;
export const browserArchitecture: ReturnType<typeof topK> = topK({ k: 3 });
