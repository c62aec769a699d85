import type { Architecture, FusedDescription, JsonObject } from "@plumbline/core";
import type { ParameterSlot } from "../core/layout.ts";
import { auxkForms, penalties, rowMaps, thresholdAverages } from "../core/layout.ts";

/** What the core needs to know of an architecture, and what it may be called outside. */
export interface Plan {
  readonly family: "topk" | "batch-topk" | "relu" | "jumprelu";
  /** numbers of the core's configuration; what is left out is 0 */
  readonly numbers: Readonly<Record<string, number>>;
  /** k where no control supplies it */
  readonly k: number;
  /** whether the control `k` is in force */
  readonly annealK: boolean;
  readonly unitRows: boolean;
  readonly rankByNorm: boolean;
  /** stored name of each of the core's arrays */
  readonly parameters: Readonly<Partial<Record<ParameterSlot, string>>>;
  readonly terms: readonly ("reconstruction" | "sparsity" | "auxk")[];
  /** shares of the latents in nested groups, and the weight of each prefix; absent where there is one group */
  readonly groups?: { readonly fractions: readonly number[]; readonly weights: readonly number[] };
}

/** A plan, or why there is none. */
export type Planned =
  | { readonly plan: Plan; readonly unsupported?: undefined }
  | { readonly unsupported: string; readonly plan?: undefined };

type Details = JsonObject;

const numberOf = (details: Details, name: string, fallback = 0): number => {
  const value = details[name];
  return typeof value === "number" ? value : fallback;
};
const isOn = (details: Details, name: string): boolean => details[name] === true;
const numbersOf = (details: Details, name: string): readonly number[] => {
  const value = details[name];
  return Array.isArray(value) ? value.filter((item): item is number => typeof item === "number") : [];
};
/** Place of a choice in its list, or −1. */
const placeOf = (list: readonly string[], details: Details, name: string): number =>
  list.indexOf(String(details[name] ?? list[0]));

/** The AuxK part of a configuration. */
function auxkNumbers(details: Details): Record<string, number> {
  return {
    auxkCoefficient: numberOf(details, "auxkCoefficient"),
    auxk: numberOf(details, "auxk"),
    auxkForm: placeOf(auxkForms, details, "auxkForm"),
  };
}

function groupsOf(details: Details): Pick<Plan, "groups"> {
  const fractions = numbersOf(details, "groupFractions");
  if (fractions.length === 0) return {};
  const given = numbersOf(details, "prefixWeights");
  const weights = given.length > 0 ? given : fractions.map(() => 1 / fractions.length);
  return { groups: { fractions, weights } };
}

/** The part of a plan that its family decides, or a reason against it. */
type FamilyPart = Pick<Plan, "family" | "numbers" | "terms" | "groups"> | string;

function topKPart(details: Details): FamilyPart {
  const coefficient = numberOf(details, "auxkCoefficient");
  return {
    family: "topk",
    numbers: auxkNumbers(details),
    terms: coefficient === 0 ? ["reconstruction"] : ["reconstruction", "auxk"],
  };
}

function batchTopKPart(details: Details): FamilyPart {
  const { numbers, terms } = topKPart(details) as Exclude<FamilyPart, string>;
  const groups = groupsOf(details);
  if ((groups.groups?.fractions.length ?? 0) > 64) return "more than 64 nested groups";
  return {
    family: "batch-topk",
    numbers: {
      ...numbers,
      thresholdDecay: numberOf(details, "thresholdDecay"),
      thresholdAfterBatches: numberOf(details, "thresholdAfterBatches"),
      thresholdAverage: placeOf(thresholdAverages, details, "thresholdAverage"),
    },
    terms,
    ...groups,
  };
}

function reluPart(details: Details): FamilyPart {
  const penalty = placeOf(penalties, details, "penalty");
  const known = ["l1", "lp-power", "lp-norm"].includes(penalties[penalty] ?? "");
  if (!known) return `the penalty "${String(details.penalty)}"`;
  return { family: "relu", numbers: { penalty }, terms: ["reconstruction", "sparsity"] };
}

function jumpReluPart(details: Details): FamilyPart {
  // It pulls on every pre-activation of every silent latent, which screening is there to avoid.
  if (numberOf(details, "preActCoefficient") !== 0) return "the preActs term (preActCoefficient)";
  const penalty = placeOf(penalties, details, "penalty");
  if (!["target", "step", "tanh"].includes(penalties[penalty] ?? "")) {
    return `the penalty "${String(details.penalty)}"`;
  }
  return {
    family: "jumprelu",
    numbers: {
      penalty,
      targetL0: numberOf(details, "targetL0", 1),
      tanhScale: numberOf(details, "tanhScale"),
      bandwidth: numberOf(details, "bandwidth"),
      // Read by the penalty "target" and "step" alone.
      countsLatents: Number(details.counts === "latents-defect" && details.penalty !== "tanh"),
      logThreshold: Number(details.thresholdForm === "log"),
    },
    terms: ["reconstruction", "sparsity"],
  };
}

const parts: Readonly<Record<string, (details: Details) => FamilyPart>> = {
  topk: topKPart,
  "batch-topk": batchTopKPart,
  relu: reluPart,
  jumprelu: jumpReluPart,
};

function parameterNames(description: FusedDescription): Plan["parameters"] {
  const encoder =
    description.rowMap === "none"
      ? { encoder: "encoder" }
      : description.rowMap === "tied"
        ? {}
        : { encoder: "encoderFree" };
  const threshold =
    description.activation !== "jumprelu"
      ? {}
      : { threshold: description.details.thresholdForm === "log" ? "logThreshold" : "threshold" };
  return {
    ...encoder,
    encoderBias: "encoderBias",
    decoder: "decoder",
    decoderBias: "decoderBias",
    ...threshold,
  };
}

/**
 * Reads an architecture's fused description.
 *
 * @returns the plan, or in words what the fused engine has no kernels for
 */
export function planFor(
  architecture: Pick<Architecture<unknown>, "name" | "fused" | "decoderRows" | "optimizer">,
): Planned {
  const description = architecture.fused;
  if (description === undefined)
    return { unsupported: `architecture "${architecture.name}" has no fused form` };
  const { activation, rowMap, details } = description;
  const make = parts[activation];
  if (make === undefined) return { unsupported: `no fused kernels for the activation "${activation}"` };
  const map = (rowMaps as readonly string[]).indexOf(rowMap);
  if (map === -1) return { unsupported: `no fused kernels for the row map "${rowMap}"` };
  const part = make(details);
  if (typeof part === "string") return { unsupported: `no fused kernels for ${part}` };
  const unitRows = architecture.decoderRows === "unit";
  const rankByNorm = !unitRows && isOn(details, "rankByDecoderNorm");
  const { beta1, beta2, epsilon } = architecture.optimizer;
  return {
    plan: {
      ...part,
      numbers: {
        ...part.numbers,
        map,
        unitRows: Number(unitRows),
        rankByNorm: Number(rankByNorm),
        subtractDecoderBias: Number(details.subtractDecoderBias !== false),
        beta1,
        beta2,
        epsilon,
        deadAfterTokens: numberOf(details, "deadAfterTokens"),
      },
      k: numberOf(details, "k", 1),
      annealK: isOn(details, "annealK"),
      unitRows,
      rankByNorm,
      parameters: parameterNames(description),
    },
  };
}
