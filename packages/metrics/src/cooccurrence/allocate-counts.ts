import { PlumblineError } from "@plumbline/core";

/** Largest memory that counts may take unless told otherwise: room for all pairs of 46,000 latents. */
export const defaultMaxBytes: number = 2 ** 32;

/** Tokens that 32-bit counts hold. */
const mostTokens = 2 ** 32 - 1;

const inMegabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

/**
 * Room for `nCounts` 32-bit counts.
 *
 * @param options `otherBytes`: what is needed beside them; `maxBytes`: limit of both together
 * @throws PlumblineError `bad-option` for a limit that is no number of bytes, `limit-exceeded` where that is not enough,
 *   `out-of-memory` where the machine has less
 */
export function allocateCounts(options: {
  readonly nCounts: number;
  readonly otherBytes: number;
  readonly maxBytes: number;
  /** function and what is counted, for messages */
  readonly from: string;
  readonly what: string;
}): Uint32Array {
  const { nCounts, otherBytes, maxBytes, from, what } = options;
  if (!(maxBytes > 0)) {
    throw new PlumblineError({
      code: "bad-option",
      kind: "usage",
      message: `[metrics] ${from}: expected maxBytes to be a number of bytes above 0, got ${maxBytes}`,
    });
  }
  const bytes = 4 * nCounts + otherBytes;
  if (bytes > maxBytes) {
    throw new PlumblineError({
      code: "limit-exceeded",
      kind: "usage",
      message: `[metrics] ${from}: expected to need at most maxBytes, ${inMegabytes(maxBytes)}, got ${inMegabytes(bytes)} for ${nCounts} ${what}`,
      hint: "raise maxBytes if the machine has that much memory, or count a subset of the latents",
    });
  }
  try {
    return new Uint32Array(nCounts);
  } catch (cause) {
    throw new PlumblineError({
      code: "out-of-memory",
      kind: "environment",
      message: `[metrics] ${from}: expected ${inMegabytes(bytes)} of memory for ${nCounts} ${what}, got less`,
      hint: "count a subset of the latents, or use a machine with more memory",
      cause,
    });
  }
}

/** @throws PlumblineError `limit-exceeded` where a 32-bit count could overflow */
export function checkTokens(nTokens: number): void {
  if (nTokens <= mostTokens) return;
  throw new PlumblineError({
    code: "limit-exceeded",
    kind: "usage",
    message: `[metrics] add(): expected at most ${mostTokens} tokens in all, got ${nTokens}`,
    hint: "joint counts have 32 bits; measure on fewer tokens",
  });
}
