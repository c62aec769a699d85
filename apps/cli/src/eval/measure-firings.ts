import { resolve } from "node:path";
import type { ActivationStore } from "@plumbline/activation-store/node";
import { loadPlugins } from "@plumbline/extract";
import type { ActionContext } from "@plumbline/extract/terminal";
import { shownPath } from "@plumbline/extract/terminal";
import { createSparsityMetrics } from "@plumbline/metrics";
import type { LoadedSae } from "../load-sae.ts";
import { openStore } from "../open-store.ts";
import { createRegistries } from "../registries.ts";
import { chooseBackend } from "../train/choose-backend.ts";
import { checkWidth, firstRows } from "./store-batches.ts";

/** Flags of commands that may look at activations to learn which latents live. */
export interface FiringFlags {
  readonly activations?: string;
  readonly tokens?: number;
  readonly backend?: string;
  readonly plugin?: readonly string[];
}

/** Which latents fired, over how many tokens. */
export interface Firings {
  /** [dSae] for each SAE */
  readonly counts: readonly Float64Array[];
  readonly nTokens: number;
}

async function countFirings(
  saes: readonly LoadedSae[],
  context: ActionContext<FiringFlags>,
  store: ActivationStore,
): Promise<Firings> {
  const { io, output, flags } = context;
  const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
  const { backend } = await chooseBackend(flags.backend ?? "auto", registries);
  const nTokens = Math.min(flags.tokens ?? store.nRows, store.nRows);
  const counts: Float64Array[] = [];
  for (const { form } of saes) {
    const inference = await backend.openInference(form);
    const sparsity = createSparsityMetrics({ dSae: form.dSae });
    try {
      for await (const rows of firstRows(store, nTokens, form.dSae)) {
        sparsity.add(await inference.encode(rows));
        io.signal?.throwIfAborted();
        output.progress(`SAE ${counts.length + 1} of ${saes.length}: ${sparsity.nTokens}/${nTokens} tok`);
      }
    } finally {
      inference.dispose();
    }
    counts.push(sparsity.firings());
  }
  return { counts, nTokens };
}

/** On how many of the first tokens of `--activations` each latent fires; nothing where there is no such flag. */
export async function measureFirings(
  saes: readonly LoadedSae[],
  context: ActionContext<FiringFlags>,
  command: string,
): Promise<Firings | undefined> {
  const { io, output, flags } = context;
  if (flags.activations === undefined) return undefined;
  const path = resolve(io.cwd, flags.activations);
  const store = await openStore(path, { io, output });
  try {
    for (const { form } of saes) checkWidth(store, form.dIn, { command, shown: shownPath(path, io.cwd) });
    return await countFirings(saes, context, store);
  } finally {
    await store.close();
  }
}
