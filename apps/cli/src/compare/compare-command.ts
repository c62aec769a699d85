import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ActivationStore } from "@plumbline/activation-store/node";
import { PlumblineError } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import { type ActionContext, shownBytes, shownPath } from "@plumbline/extract/terminal";
import { compareDictionaries, type DetailedComparison } from "@plumbline/metrics";
import { checkWidth } from "../eval/store-batches.ts";
import { findProducts } from "../find-products.ts";
import { loadSae } from "../load-sae.ts";
import { openStore } from "../open-store.ts";
import { createRegistries } from "../registries.ts";
import { storeFingerprint } from "../run-folder/store-fingerprint.ts";
import { chooseBackend } from "../train/choose-backend.ts";
import { changesOf } from "./changes.ts";
import { compareEvent } from "./compare-event.ts";
import { compareTable } from "./compare-table.ts";
import { pairCountBytes } from "./count-pairs.ts";
import type { Found, SaePair } from "./found.ts";
import { type MeasuredPair, measurePair } from "./measure-pair.ts";
import { phiHistograms } from "./phi-shares.ts";

/** Flags of `plumbline compare`. */
export interface CompareFlags {
  readonly activations: string;
  readonly tokens?: number;
  readonly backend?: string;
  readonly threshold?: number;
  readonly top?: number;
  readonly perLatent?: boolean;
  readonly plugin?: readonly string[];
}

/** Named on each side unless asked otherwise: what a screen holds. */
const defaultTop = 10;

/** @throws PlumblineError `bad-option` for a threshold that no cosine can have */
function checkThreshold(threshold: number | undefined): void {
  if (threshold === undefined || Math.abs(threshold) <= 1) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[cli] compare: expected a cosine in -1 … 1, got ${threshold}`,
    where: "--threshold",
    hint: "leave it out for 0.7",
  });
}

/** @throws PlumblineError `width-mismatch` */
function checkSameWidth([a, b]: SaePair, cwd: string): void {
  if (a.form.dIn === b.form.dIn) return;
  throw new PlumblineError({
    code: "width-mismatch",
    kind: "input",
    message: `[cli] compare: expected two SAEs of one dIn, got ${a.form.dIn} and ${b.form.dIn}`,
    where: `${shownPath(a.checkpoint, cwd)}, ${shownPath(b.checkpoint, cwd)}`,
    hint: "compare SAEs of the same hook point; dSae may differ",
  });
}

/** Pairs the latents of both one to one. */
async function pairLatents(
  [a, b]: SaePair,
  { across }: MeasuredPair,
  { io, output, flags }: ActionContext<CompareFlags>,
): Promise<DetailedComparison> {
  output.progress("pairing latents one to one");
  // A request to stop arrives only when nothing keeps the thread.
  await setImmediate();
  io.signal?.throwIfAborted();
  return compareDictionaries(
    { form: a.form, firings: across.firingsA },
    { form: b.form, firings: across.firingsB },
    {
      products: await findProducts(),
      ...(flags.threshold === undefined ? {} : { threshold: flags.threshold }),
    },
  );
}

async function compareOn(
  context: ActionContext<CompareFlags>,
  made: { saes: SaePair; store: ActivationStore; storePath: string },
): Promise<void> {
  const { io, output, flags } = context;
  const { saes, store, storePath } = made;
  const shownStore = shownPath(storePath, io.cwd);
  const [a, b] = saes;
  checkWidth(store, a.form.dIn, { command: "compare", shown: shownStore });
  const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
  const { backend, why } = await chooseBackend(flags.backend ?? "auto", registries);
  const sha256 = await storeFingerprint(storePath);
  const nTokens = Math.min(flags.tokens ?? store.nRows, store.nRows);
  const top = flags.top ?? defaultTop;
  if (saes.some(({ run }) => run?.activations.sha256 === sha256)) {
    output.warn("one of them was trained on these activations; held-out ones would say more");
  }
  const memory = shownBytes(pairCountBytes(a.form.dSae, b.form.dSae));
  output.say(
    `compare · ${nTokens} tokens of ${shownStore} · counts of pairs take ${memory} · ${backend.name} (${why})`,
  );
  const measured = await measurePair([a.form, b.form], { io, output, backend, store, nTokens, top });
  const pairing = await pairLatents(saes, measured, context);
  const found: Found = {
    saes,
    measured,
    pairing,
    changes: changesOf(measured.a, measured.b),
    histograms: phiHistograms(measured.a.cooccurrence.alive, measured.b.cooccurrence.alive),
  };
  output.data(compareTable(found, output.colors));
  output.event(compareEvent(found, { sha256, perLatent: flags.perLatent === true }));
}

/** `plumbline compare <a> <b>`: two SAEs on exactly the same tokens, b being the reference. */
export async function compare(context: ActionContext<CompareFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  checkThreshold(flags.threshold);
  const [a = "", b = ""] = args;
  const saes: SaePair = [await loadSae(resolve(io.cwd, a)), await loadSae(resolve(io.cwd, b))];
  checkSameWidth(saes, io.cwd);
  const storePath = resolve(io.cwd, flags.activations);
  const store = await openStore(storePath, { io, output });
  try {
    await compareOn(context, { saes, store, storePath });
  } finally {
    await store.close();
  }
  return undefined;
}
