import type { ActivationStore } from "@plumbline/activation-store/node";
import { PlumblineError } from "@plumbline/core";

/** Values in a dense [batch, dSae] array: 64 MiB of them. */
const maxDenseValues = 2 ** 24;
const maxBatch = 4096;

/** The first `nTokens` rows of a store in order, in batches that an SAE of this width takes well. */
export async function* firstRows(
  store: ActivationStore,
  nTokens: number,
  dSae: number,
): AsyncGenerator<Float32Array> {
  const batchSize = Math.max(1, Math.min(maxBatch, Math.floor(maxDenseValues / dSae)));
  for (let start = 0; start < nTokens; start += batchSize) {
    yield (await store.rows(start, Math.min(batchSize, nTokens - start))).rows;
  }
}

/** @throws PlumblineError `width-mismatch` */
export function checkWidth(
  store: ActivationStore,
  dIn: number,
  options: { command: string; shown: string },
): void {
  if (store.dIn === dIn) return;
  throw new PlumblineError({
    code: "width-mismatch",
    kind: "input",
    message: `[cli] ${options.command}: the SAE takes activations of dIn ${dIn}, the store has ${store.dIn}`,
    where: options.shown,
    hint: "give the store of the hook point that the SAE was trained on",
  });
}
