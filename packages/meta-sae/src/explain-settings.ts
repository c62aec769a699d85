import type { Architecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defaultMeta } from "./default-meta.ts";
import { type MetaSaeOptions, metaWidth, refuse } from "./options.ts";

/** How a finished SAE's decoder is explained; every one has a default. */
export interface ExplainOptions
  extends Pick<MetaSaeOptions<Tensor>, "dictionarySize" | "ratio" | "k" | "architecture" | "scalars"> {
  readonly nSteps?: number;
  /** rows of a step, 16,384 or all by default */
  readonly batchSize?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** told after each step, and waited for: a signal that comes from outside arrives only when nothing keeps the thread */
  readonly onStep?: (step: number, nSteps: number) => void | Promise<void>;
}

/** What an explanation will do, with defaults filled in. */
export interface ExplainSettings {
  readonly architecture: Architecture<Tensor>;
  /** meta latents */
  readonly dictionarySize: number;
  /** meta latents of a row, of the default architecture */
  readonly k: number;
  readonly nSteps: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
}

const above0 = (value: number): boolean => value > 0 && Number.isFinite(value);

/**
 * Options of {@link explainDecoder} with their defaults for an SAE of `dSae` latents, checked: what a caller may want to know, or
 * refuse, before minutes of training.
 *
 * @throws PlumblineError `bad-option`
 * @example
 * import { explainSettings } from "@plumbline/meta-sae";
 *
 * const { dictionarySize, k, nSteps } = explainSettings({}, 49_152);
 * console.log(dictionarySize, k, nSteps); // 2458 4 2000
 */
export function explainSettings(
  options: Omit<ExplainOptions, "signal" | "onStep">,
  dSae: number,
): ExplainSettings {
  const { nSteps = 2000, lr = 1e-3, seed = 0 } = options;
  if (dSae < 1) throw refuse("the SAE's dSae", "at least 1", dSae);
  for (const [name, value] of Object.entries({ nSteps, batchSize: options.batchSize ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1) throw refuse(name, "a whole number from 1", value);
  }
  if (!above0(lr)) throw refuse("lr", "a finite number above 0", lr);
  const dictionarySize = metaWidth(options, dSae, 0.05);
  if (options.k !== undefined && options.k > dictionarySize)
    throw refuse("k", `at most ${dictionarySize}, the number of meta latents`, options.k);
  const k = options.k ?? Math.min(4, dictionarySize);
  return {
    architecture: options.architecture ?? defaultMeta(k, dSae),
    dictionarySize,
    k,
    nSteps,
    batchSize: Math.min(options.batchSize ?? 16_384, dSae),
    lr,
    seed,
  };
}
