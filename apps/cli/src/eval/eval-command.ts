import { basename, resolve } from "node:path";
import type { ActivationStore } from "@plumbline/activation-store/node";
import { PlumblineError } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import { type ActionContext, shownPath } from "@plumbline/extract/terminal";
import { type LoadedSae, loadSae, saeName } from "../load-sae.ts";
import type { ModelFlags, TextFlags } from "../model/model-flags.ts";
import { openStore } from "../open-store.ts";
import { createRegistries } from "../registries.ts";
import { storeFingerprint } from "../run-folder/store-fingerprint.ts";
import { chooseBackend } from "../train/choose-backend.ts";
import { comparisonTable, evalTable } from "./eval-table.ts";
import { behaviourTable, measureBehaviour } from "./measure-behaviour.ts";
import { type FurtherMetrics, type Measured, measureSae } from "./measure-sae.ts";
import { writeSaeBenchResult } from "./sae-bench-file.ts";
import { checkWidth } from "./store-batches.ts";

/** Flags of `plumbline eval`. */
export interface EvalFlags extends FurtherMetrics, ModelFlags, TextFlags {
  readonly activations?: string;
  readonly tokens?: number;
  readonly backend?: string;
  readonly perLatent?: boolean;
  readonly saebench?: string;
  readonly plugin?: readonly string[];
}

/** What was measured as one line: plain data by its contract, for which JSON is the check. */
function eventOf(
  { evaluation, ...further }: Measured,
  about: {
    readonly sae: string;
    readonly seed: number | null;
    readonly sha256: string;
    readonly perLatent: boolean;
  },
) {
  const { perLatent, definitions, ...metrics } = evaluation;
  const { sae, seed, sha256 } = about;
  return {
    type: "eval-end",
    v: 1,
    sae,
    seed,
    activations: { sha256, firstToken: 0, nTokens: evaluation.nTokens },
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([name, { id, version }]) => [name, `${id}@${version}`]),
    ),
    metrics: JSON.parse(
      JSON.stringify({ ...metrics, ...further, ...(about.perLatent ? { perLatent } : {}) }),
    ),
  };
}

/** Evaluates every SAE in turn, and says each as soon as it is known. */
async function evaluateAll(
  context: ActionContext<EvalFlags>,
  made: { saes: readonly LoadedSae[]; store: ActivationStore; storePath: string },
): Promise<void> {
  const { io, output, flags } = context;
  const { saes, store, storePath } = made;
  const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
  const { backend, why } = await chooseBackend(flags.backend ?? "auto", registries);
  const sha256 = await storeFingerprint(storePath);
  const nTokens = Math.min(flags.tokens ?? store.nRows, store.nRows);
  const wanted = { ...flags, peers: flags.peers === true || flags.saebench !== undefined };
  const measured: { name: string; evaluation: Measured["evaluation"] }[] = [];
  for (const sae of saes) {
    const { form, checkpoint, run } = sae;
    checkWidth(store, form.dIn, { command: "eval", shown: shownPath(storePath, io.cwd) });
    if (run !== undefined && run.activations.sha256 === sha256) {
      output.warn("these are the activations that it was trained on; held-out ones would say more");
    }
    output.say(
      `eval · ${shownPath(checkpoint, io.cwd)} · ${form.dIn} → ${form.dSae} · ${nTokens} tokens of ${shownPath(storePath, io.cwd)} · ${backend.name} (${why})`,
    );
    const result = await measureSae(sae, { io, output, backend, store, nTokens, wanted });
    // A SAEBench file needs the peers' numbers; the reader did not ask for them.
    const { peers: _, ...asked } = result;
    const shown = flags.peers === true ? result : asked;
    const name = saes.length > 1 ? saeName(sae) : basename(checkpoint);
    measured.push({ name, evaluation: result.evaluation });
    if (saes.length === 1) output.data(evalTable(shown, name, output.colors));
    const seed = run?.seed ?? null;
    output.event(eventOf(shown, { sae: name, seed, sha256, perLatent: flags.perLatent === true }));
    if (flags.saebench !== undefined) {
      const folder = resolve(io.cwd, flags.saebench);
      const file = await writeSaeBenchResult({ measured: result, sae, name: saeName(sae), folder, io });
      output.say(`SAEBench core result: ${shownPath(file, io.cwd)}`);
    }
  }
  if (saes.length > 1) output.data(comparisonTable(measured, output.colors));
}

/** Splices every SAE in turn into the model. */
async function evaluateBehaviours(
  context: ActionContext<EvalFlags>,
  saes: readonly LoadedSae[],
): Promise<void> {
  const { io, output, flags } = context;
  const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
  const { backend } = await chooseBackend(flags.backend ?? "auto", registries);
  for (const sae of saes) {
    output.say(`eval · ${shownPath(sae.checkpoint, io.cwd)} in ${flags.model}`);
    const measured = await measureBehaviour(sae, { io, output, flags, backend });
    const name = saes.length > 1 ? saeName(sae) : basename(sae.checkpoint);
    output.data(`${output.colors.bold(name)} ${behaviourTable(measured)}`);
    const { definitions: _, ...behaviour } = measured.behaviour;
    output.event({
      type: "behaviour-end",
      v: 1,
      sae: name,
      contextLength: measured.contextLength,
      metrics: JSON.parse(JSON.stringify(behaviour)),
    });
  }
}

/** `plumbline eval <run|checkpoint…>`: metrics over the first tokens of a store, or of the model with the SAE in it, or both. */
export async function evaluate(context: ActionContext<EvalFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  if (flags.activations === undefined && flags.model === undefined) {
    throw new PlumblineError({
      code: "nothing-to-measure-on",
      kind: "usage",
      message: "[cli] eval: expected activations or a model to measure on, got neither",
      hint: "give --activations <store>, or --model <folder> and --text <path>",
    });
  }
  const saes: LoadedSae[] = [];
  for (const path of args) saes.push(await loadSae(resolve(io.cwd, path ?? "")));
  if (flags.activations !== undefined) {
    const storePath = resolve(io.cwd, flags.activations);
    const store = await openStore(storePath, { io, output });
    try {
      await evaluateAll(context, { saes, store, storePath });
    } finally {
      await store.close();
    }
  }
  if (flags.model !== undefined) await evaluateBehaviours(context, saes);
  return undefined;
}
