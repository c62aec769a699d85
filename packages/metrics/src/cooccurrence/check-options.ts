import { PlumblineError } from "@plumbline/core";

/** How many to name: none is fine. @throws PlumblineError `bad-option` */
export function checkTop(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[metrics] result(): expected ${what} to be an integer from 0, got ${value}`,
  });
}

/** @throws PlumblineError `bad-option` for a latent that the SAE does not have */
export function checkLatent(latent: number, dSae: number): void {
  if (Number.isInteger(latent) && latent >= 0 && latent < dSae) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[metrics] phi(): expected a latent in 0 … ${dSae - 1}, got ${latent}`,
  });
}
