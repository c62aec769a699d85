import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ActionContext } from "@plumbline/extract/terminal";
import { type Dictionary, type StabilityResult, stabilityDefinitions, stabilityOf } from "@plumbline/metrics";
import { type FiringFlags, measureFirings } from "../eval/measure-firings.ts";
import { findProducts } from "../find-products.ts";
import { type LoadedSae, loadSae } from "../load-sae.ts";
import { stabilityTable } from "./stability-table.ts";
import { startDictionaries } from "./start-dictionaries.ts";

/** Flags of `plumbline stability`. */
export interface StabilityFlags extends FiringFlags {
  readonly threshold?: number;
  readonly rank?: readonly number[];
  readonly centred?: boolean;
  /** false with `--no-start` */
  readonly start?: boolean;
}

/** Compares dictionaries, and says how far it is. */
async function compare(
  dictionaries: readonly Dictionary[],
  context: ActionContext<StabilityFlags>,
  what: string,
): Promise<StabilityResult> {
  const { io, output, flags } = context;
  return stabilityOf(dictionaries, {
    products: await findProducts(),
    ranks: flags.rank ?? [],
    ...(flags.threshold === undefined ? {} : { threshold: flags.threshold }),
    ...(flags.centred === undefined ? {} : { centred: flags.centred }),
    onPair: async ({ pair, nPairs }) => {
      output.progress(`${what}: pair ${pair + 1} of ${nPairs}`, pair / nPairs);
      // A request to stop arrives only when nothing keeps the thread.
      await setImmediate();
      io.signal?.throwIfAborted();
    },
  });
}

/** `plumbline stability <run…>`: how alike the dictionaries of several seeds are, and how alike they began. */
export async function stability(context: ActionContext<StabilityFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  const paths = args.map((path) => resolve(io.cwd, path ?? ""));
  const saes: LoadedSae[] = [];
  for (const path of paths) saes.push(await loadSae(path));
  const firings = await measureFirings(saes, context, "stability");
  const dictionaries = saes.map(({ form }, i): Dictionary => {
    const counts = firings?.counts[i];
    return counts === undefined ? { form } : { form, firings: counts };
  });
  const trained = await compare(dictionaries, context, "trained");
  const runs = saes.map(({ run }, i) => (run === undefined ? undefined : paths[i]));
  const began = flags.start === false ? { reason: "--no-start" } : await startDictionaries(runs, context);
  const start = "reason" in began ? undefined : await compare(began.dictionaries, context, "step 0");
  if ("reason" in began && flags.start !== false) output.warn(`nothing is said of step 0: ${began.reason}`);
  output.data(stabilityTable(trained, { ...(start === undefined ? {} : { start }), colors: output.colors }));
  output.event({
    type: "stability-end",
    v: 1,
    seeds: saes.map(({ run }) => run?.seed ?? null),
    nTokens: firings?.nTokens ?? null,
    definitions: Object.fromEntries(
      Object.entries(stabilityDefinitions).map(([name, { id, version }]) => [name, `${id}@${version}`]),
    ),
    // Plain data by its contract; JSON.stringify is the check.
    trained: JSON.parse(JSON.stringify(trained)),
    start: start === undefined ? null : JSON.parse(JSON.stringify(start)),
  });
  return undefined;
}
