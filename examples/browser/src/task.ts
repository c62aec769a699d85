/** Width of the activations. */
export const dIn = 32;
/** True directions behind them, more than their width. */
export const nDirections = 48;
/** Latents of the SAE: some to spare. */
export const dSae = 64;
/** Latents kept per token, as many as fire on average. */
export const k = 3;
/** Tokens drawn. */
export const nRows = 8192;
export const batchSize = 256;
/** With it all backends find 45 or more of the directions in 600 steps. */
export const largestRate = 0.01;
