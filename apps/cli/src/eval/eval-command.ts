import { basename, resolve } from "node:path";
import type { ActivationStore } from "@plumbline/activation-store/node";
import { PlumblineError } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import { type ActionContext, clockOf, shownPath } from "@plumbline/extract/terminal";
import { evaluateSae } from "@plumbline/metrics";
import { loadSae } from "../load-sae.ts";
import { openStore } from "../open-store.ts";
import { createRegistries } from "../registries.ts";
import { storeFingerprint } from "../run-folder/store-fingerprint.ts";
import { chooseBackend } from "../train/choose-backend.ts";
import { evalTable } from "./eval-table.ts";

/** Flags of `plumbline eval`. */
export interface EvalFlags {
  readonly activations: string;
  readonly tokens?: number;
  readonly backend?: string;
  readonly perLatent?: boolean;
  readonly plugin?: readonly string[];
}

/** Values in a dense [batch, dSae] array: 64 MiB of them. */
const maxDenseValues = 2 ** 24;
const maxBatch = 4096;

/** The first `nTokens` rows of a store in order. */
async function* firstRows(store: ActivationStore, nTokens: number, batchSize: number) {
  for (let start = 0; start < nTokens; start += batchSize) {
    yield (await store.rows(start, Math.min(batchSize, nTokens - start))).rows;
  }
}

function checkWidth(store: ActivationStore, dIn: number, shown: string): void {
  if (store.dIn === dIn) return;
  throw new PlumblineError({
    code: "width-mismatch",
    kind: "input",
    message: `[cli] eval: the SAE takes activations of dIn ${dIn}, the store has ${store.dIn}`,
    where: shown,
    hint: "give the store of the hook point that the SAE was trained on",
  });
}

/** `plumbline eval <run|checkpoint>`: metrics over the first tokens of a store, as a table or one JSON line. */
export async function evaluate(context: ActionContext<EvalFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  const path = resolve(io.cwd, args[0] ?? "");
  const storePath = resolve(io.cwd, flags.activations);
  const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
  const { form, checkpoint, run } = await loadSae(path);
  const { backend, why } = await chooseBackend(flags.backend ?? "auto", registries);
  const store = await openStore(storePath, { io, output });
  try {
    checkWidth(store, form.dIn, shownPath(storePath, io.cwd));
    if (run !== undefined && run.activations.sha256 === (await storeFingerprint(storePath))) {
      output.warn("these are the activations that it was trained on; held-out ones would say more");
    }
    const nTokens = Math.min(flags.tokens ?? store.nRows, store.nRows);
    output.say(
      `eval · ${shownPath(checkpoint, io.cwd)} · ${form.dIn} → ${form.dSae} · ${nTokens} tokens of ${shownPath(storePath, io.cwd)} · ${backend.name} (${why})`,
    );
    const inference = await backend.openInference(form);
    const clock = clockOf(io);
    const start = clock();
    try {
      const batchSize = Math.max(1, Math.min(maxBatch, Math.floor(maxDenseValues / form.dSae)));
      const {
        perLatent,
        definitions: _,
        ...metrics
      } = await evaluateSae({
        inference,
        form,
        dIn: form.dIn,
        batches: firstRows(store, nTokens, batchSize),
        ...(io.signal === undefined ? {} : { signal: io.signal }),
        onProgress: ({ nTokens: done }) => {
          const perSecond = Math.round((done * 1000) / Math.max(1, clock() - start));
          output.progress(`${done}/${nTokens} tok · ${perSecond} tok/s`, done / nTokens);
        },
      });
      output.data(evalTable(metrics, basename(checkpoint), output.colors));
      output.event({
        type: "eval-end",
        v: 1,
        // Plain data by its contract; JSON.stringify is the check.
        metrics: JSON.parse(JSON.stringify(flags.perLatent ? { ...metrics, perLatent } : metrics)),
      });
    } finally {
      inference.dispose();
    }
  } finally {
    await store.close();
  }
  return undefined;
}
