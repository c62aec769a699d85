import type { Architecture, JsonObject } from "@plumbline/core";

/** How the reference reads an architecture: from its configuration alone, as a user writes it. */
export interface Rule {
  /** name of the architecture that is trained, wrapped or not */
  readonly family: string;
  readonly kind: "topk" | "batch-topk" | "relu" | "jumprelu";
  readonly map: "none" | "projection" | "projection-from-decoder" | "scale" | "coupled" | "tied";
  /** decoder rows are kept at norm 1 */
  readonly unitRows: boolean;
  /** penalties weigh latents by the norms of their decoder rows */
  readonly weighsByNorm: boolean;
  /** latents are ranked by value times norm */
  readonly ranksByNorm: boolean;
  readonly k: number;
  readonly annealsK: boolean;
  readonly auxk?: {
    readonly coefficient: number;
    readonly wanted: number;
    readonly form: "normalized" | "scaled" | "scaled-with-bias-defect";
  };
  readonly threshold?: { readonly decay: number; readonly afterBatches: number; readonly average: string };
  /** last latent of each nested group, exclusive, and the weight of its prefix */
  readonly groups: readonly { readonly end: number; readonly weight: number }[];
  readonly penalty: "none" | "l1" | "lp-power" | "lp-norm" | "target" | "step" | "tanh";
  readonly targetL0: number;
  readonly tanhScale: number;
  readonly bandwidth: number;
  readonly countsLatents: boolean;
  readonly logThreshold: boolean;
  readonly subtractsDecoderBias: boolean;
  readonly deadAfterTokens: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

type Config = JsonObject;

const numberIn = (config: Config, name: string, fallback = 0): number =>
  typeof config[name] === "number" ? config[name] : fallback;

const numbersIn = (config: Config, name: string): readonly number[] =>
  (Array.isArray(config[name]) ? config[name] : []).map(Number);

const kinds: Readonly<Record<string, Rule["kind"]>> = {
  topk: "topk",
  "batch-topk": "batch-topk",
  "matryoshka-batch-topk": "batch-topk",
  relu: "relu",
  "p-anneal": "relu",
  jumprelu: "jumprelu",
};

function auxkOf(config: Config, dIn: number): Pick<Rule, "auxk"> {
  const coefficient = numberIn(config, "auxkCoefficient");
  if (coefficient === 0) return {};
  const asked = numberIn(config, "auxk");
  const wanted = asked === 0 ? Math.max(1, Math.floor(dIn / 2)) : asked;
  return { auxk: { coefficient, wanted, form: config.auxkForm as NonNullable<Rule["auxk"]>["form"] } };
}

function groupsOf(config: Config, dSae: number): Rule["groups"] {
  const fractions = numbersIn(config, "groupFractions");
  if (fractions.length === 0) return [{ end: dSae, weight: 1 }];
  const weights = numbersIn(config, "prefixWeights");
  let end = 0;
  return fractions.map((fraction, i) => {
    end = i === fractions.length - 1 ? dSae : end + Math.floor(fraction * dSae + 1e-9);
    return { end, weight: weights[i] ?? 1 / fractions.length };
  });
}

function penaltyOf(family: string, config: Config): Rule["penalty"] {
  if (family === "relu") return "l1";
  if (family === "p-anneal") return config.sparsityFunction as Rule["penalty"];
  return family === "jumprelu" ? (config.penalty as Rule["penalty"]) : "none";
}

/** Reads the rule of an architecture of one of the families above. */
export function ruleOf(architecture: Architecture<never>, shape: { dIn: number; dSae: number }): Rule {
  const isAligned = architecture.name === "aligned";
  const inner = (isAligned ? architecture.config.architecture : architecture) as unknown as {
    name: string;
    config: Config;
  };
  const { name: family, config } = inner;
  const kind = kinds[family];
  if (kind === undefined) throw new Error(`no reference for the architecture ${family}`);
  const isFree = config.decoderRows === "free";
  const { beta1, beta2, epsilon } = architecture.optimizer;
  const penalty = penaltyOf(family, config);
  return {
    family,
    kind,
    map: isAligned ? (architecture.config.map as Rule["map"]) : "none",
    unitRows: isAligned || !isFree,
    weighsByNorm: isFree,
    ranksByNorm: isFree && config.rankByDecoderNorm === true,
    k: numberIn(config, "k", 1),
    annealsK: config.annealK === true,
    ...auxkOf(config, shape.dIn),
    ...(kind === "batch-topk"
      ? {
          threshold: {
            decay: numberIn(config, "thresholdDecay"),
            afterBatches: numberIn(config, "thresholdAfterBatches"),
            average: String(config.thresholdAverage),
          },
        }
      : {}),
    groups: groupsOf(config, shape.dSae),
    penalty,
    targetL0: numberIn(config, "targetL0", 1),
    tanhScale: numberIn(config, "tanhScale"),
    bandwidth: numberIn(config, "bandwidth"),
    countsLatents: config.counts === "latents-defect" && (penalty === "target" || penalty === "step"),
    logThreshold: config.thresholdForm === "log",
    subtractsDecoderBias: config.subtractDecoderBias !== false,
    deadAfterTokens: numberIn(config, "deadAfterTokens"),
    beta1,
    beta2,
    epsilon,
  };
}

/** Latents kept by this step: per token for `topk`, in the whole batch for `batch-topk`. */
export function keptBy(rule: Rule, options: { k?: number; dSae: number; nTokens: number }): number {
  const { dSae, nTokens } = options;
  const k = rule.annealsK ? Math.min(options.k ?? rule.k, dSae) : rule.k;
  if (rule.kind === "topk") return Math.max(1, Math.trunc(k));
  return Math.max(1, Math.floor(k * nTokens));
}
