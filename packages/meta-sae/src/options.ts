import { type Architecture, type JsonObject, PlumblineError } from "@plumbline/core";

/** How primary and meta SAE are trained together; every one has a default. */
export interface MetaSaeOptions<T> {
  /** latents of the meta SAE; or give `ratio` */
  readonly dictionarySize?: number;
  /** latents of the meta SAE for each latent of the primary; 0.09 by default, as in the paper */
  readonly ratio?: number;
  /** mean number of meta latents for each decoder row, of the default architecture; 8 by default */
  readonly k?: number;
  /** architecture of the meta SAE, free or aligned; BatchTopK by default */
  readonly architecture?: Architecture<T>;
  /** scalars that the meta SAE's architecture asks for */
  readonly scalars?: Readonly<Record<string, number>>;
  /** λ₂, weight of the penalty; 0 trains the meta SAE beside a primary that knows nothing of it. 0.3 by default */
  readonly lambda2?: number;
  /** σ², width of the penalty in squared distance of decoder rows; 1 by default */
  readonly sigma2?: number;
  /** primary steps of a round; 10 by default */
  readonly primarySteps?: number;
  /** meta steps of a round, each on all decoder rows; 5 by default */
  readonly metaSteps?: number;
  /** learning rate of the meta SAE; that of the primary's step if left out */
  readonly metaLr?: number;
}

/** Options with their defaults, checked. */
export interface MetaSaeSettings {
  readonly lambda2: number;
  readonly sigma2: number;
  readonly primarySteps: number;
  readonly metaSteps: number;
  readonly metaLr?: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** An option that cannot be. */
export function refuse(name: string, expected: string, got: unknown): PlumblineError {
  return new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[meta-sae] options: expected ${name} to be ${expected}, got ${String(got)}`,
  });
}

/** @throws PlumblineError `bad-option` */
export function settingsOf(options: MetaSaeOptions<never>): MetaSaeSettings {
  const { lambda2 = 0.3, sigma2 = 1, primarySteps = 10, metaSteps = 5, metaLr, scalars = {} } = options;
  if (!(lambda2 >= 0) || !Number.isFinite(lambda2))
    throw refuse("lambda2", "a finite number from 0", lambda2);
  if (!(sigma2 > 0) || !Number.isFinite(sigma2)) throw refuse("sigma2", "a finite number above 0", sigma2);
  for (const [name, value] of Object.entries({ primarySteps, metaSteps })) {
    if (!Number.isSafeInteger(value) || value < 1) throw refuse(name, "a whole number from 1", value);
  }
  if (metaLr !== undefined && !(metaLr > 0 && Number.isFinite(metaLr)))
    throw refuse("metaLr", "a finite number above 0", metaLr);
  const rate = metaLr === undefined ? {} : { metaLr };
  return { lambda2, sigma2, primarySteps, metaSteps, scalars, ...rate };
}

/** Latents of the meta SAE of a primary with `dSae` latents. @throws PlumblineError `bad-option` */
export function metaWidth(
  options: Pick<MetaSaeOptions<never>, "dictionarySize" | "ratio">,
  dSae: number,
  defaultRatio = 0.09,
): number {
  const { dictionarySize, ratio = defaultRatio } = options;
  if (dictionarySize !== undefined && options.ratio !== undefined)
    throw refuse("one of dictionarySize and ratio", "given", "both");
  if (dictionarySize === undefined) {
    if (!(ratio > 0) || !Number.isFinite(ratio)) throw refuse("ratio", "a finite number above 0", ratio);
    return Math.max(1, Math.round(ratio * dSae));
  }
  if (!Number.isSafeInteger(dictionarySize) || dictionarySize < 1)
    throw refuse("dictionarySize", "a whole number from 1", dictionarySize);
  return dictionarySize;
}

/** Settings as a checkpoint keeps them: what a resumed run must have too. */
export function settingsJson(settings: MetaSaeSettings): JsonObject {
  const { metaLr, scalars, ...rest } = settings;
  return { ...rest, metaLr: metaLr ?? null, scalars: { ...scalars } };
}
