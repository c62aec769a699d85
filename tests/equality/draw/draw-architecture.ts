import { aligned, coupled, projection, projectionFromDecoder, scale, tied } from "@plumbline/aligned";
import {
  batchTopK,
  gated,
  jumpRelu,
  matryoshkaBatchTopK,
  pAnneal,
  relu,
  topK,
} from "@plumbline/architectures";
import type { Architecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Dice } from "./dice.ts";

/** Sizes of a case, and how large its scores are: thresholds and widths of kernels are drawn in that unit. */
export interface Size {
  readonly dIn: number;
  readonly dSae: number;
  readonly scoreScale: number;
  /** everything is a small multiple of a power of two, so that sums are exact */
  readonly quantized: boolean;
}

type Made = Architecture<Tensor>;

function common(dice: Dice, isAligned: boolean): object {
  return {
    decoderRows: dice.chance(isAligned ? 0.15 : 0.45) ? ("free" as const) : ("unit" as const),
    deadAfterTokens: dice.pick([1, 10, 100, 1000, 10_000_000]),
    beta1: dice.pick([0.9, 0.9, 0.9, 0, 0.5]),
    beta2: dice.pick([0.999, 0.999, 0.999, 0.9, 0]),
  };
}

function auxk(dice: Dice, dSae: number): object {
  if (dice.chance(0.45)) return {};
  return {
    auxkCoefficient: dice.pick([1 / 32, 1]),
    auxk: dice.pick([0, 1, 1 + dice.random.integer(dSae), 2 * dSae]),
    auxkForm: dice.pick(["normalized", "scaled", "scaled-with-bias-defect"] as const),
  };
}

const ranking = (dice: Dice): object => ({ annealK: dice.chance(0.2), rankByDecoderNorm: dice.chance(0.7) });

function wholeK(dice: Dice, dSae: number): number {
  return dice.pick([1, dSae, dice.size(Math.min(dSae, 40)), dice.size(Math.min(dSae, 40)), dice.size(dSae)]);
}

function threshold(dice: Dice): object {
  return {
    thresholdDecay: dice.pick([0.999, 0.9, 0]),
    thresholdAfterBatches: dice.pick([0, 0, 3]),
    thresholdAverage: dice.pick(["corrected", "first-value", "from-zero-defect"] as const),
  };
}

function batchRule(dice: Dice, dSae: number): object {
  const whole = wholeK(dice, dSae);
  const k = dice.chance(0.3) ? Math.max(0.05, whole - dice.random.uniform()) : whole;
  return { k, ...ranking(dice), ...threshold(dice), ...auxk(dice, dSae) };
}

function matryoshka(dice: Dice, size: Size, isAligned: boolean): Made {
  const { dSae } = size;
  const nGroups = 1 + dice.random.integer(Math.min(5, dSae));
  const ends = new Set<number>([dSae]);
  while (ends.size < nGroups) ends.add(1 + dice.random.integer(dSae));
  const sorted = [...ends].sort((a, b) => a - b);
  const groupFractions = sorted.map((end, i) => (end - (sorted[i - 1] ?? 0)) / dSae);
  const prefixWeights = dice.chance(0.5) ? [] : sorted.map(() => dice.pick([0, 0.25, 1, 2]));
  return matryoshkaBatchTopK({
    ...batchRule(dice, dSae),
    ...common(dice, isAligned),
    groupFractions,
    prefixWeights,
  });
}

function jump(dice: Dice, size: Size, isAligned: boolean): Made {
  const { dSae, scoreScale, quantized } = size;
  return jumpRelu({
    penalty: dice.pick(["target", "target", "step", "tanh", "tanh"] as const),
    targetL0: dice.pick([1, 20, dice.between(0.1, dSae)]),
    tanhScale: dice.between(0.1, 4) / scoreScale,
    counts: dice.pick(["preActs", "preActs", "latents-defect"] as const),
    thresholdForm: dice.pick(quantized ? (["raw"] as const) : (["raw", "log"] as const)),
    bandwidth: quantized ? dice.pick([0.25, 0.5, 2]) : scoreScale * dice.power(-3, 0),
    subtractDecoderBias: dice.chance(0.7),
    preActCoefficient: dice.chance(0.04) ? 1 : 0,
    ...common(dice, isAligned),
  });
}

const makers: Readonly<Record<string, (dice: Dice, size: Size, isAligned: boolean) => Made>> = {
  topk: (dice, { dSae }, isAligned) =>
    topK({ k: wholeK(dice, dSae), ...ranking(dice), ...auxk(dice, dSae), ...common(dice, isAligned) }),
  "batch-topk": (dice, { dSae }, isAligned) =>
    batchTopK({ ...batchRule(dice, dSae), ...common(dice, isAligned) }),
  "matryoshka-batch-topk": matryoshka,
  relu: (dice, _size, isAligned) => relu(common(dice, isAligned)),
  "p-anneal": (dice, _size, isAligned) =>
    pAnneal({ sparsityFunction: dice.pick(["lp-power", "lp-norm"] as const), ...common(dice, isAligned) }),
  jumprelu: jump,
  gated: (dice, _size, isAligned) => gated(common(dice, isAligned)),
};

/** Families as often as they are drawn. */
const families: readonly string[] = Object.entries({
  topk: 22,
  "batch-topk": 19,
  "matryoshka-batch-topk": 10,
  relu: 12,
  "p-anneal": 15,
  jumprelu: 21,
  gated: 1,
}).flatMap(([name, weight]) => new Array<string>(weight).fill(name));

export const drawFamily = (dice: Dice): string => dice.pick(families);

export function drawArchitecture(dice: Dice, family: string, size: Size): Made {
  const isAligned = dice.chance(0.5);
  const make = makers[family];
  if (make === undefined) throw new Error(`no family ${family}`);
  const inner = make(dice, size, isAligned);
  if (!isAligned) return inner;
  return aligned(inner, {
    map: dice.pick([projection, projection, projectionFromDecoder, scale, coupled, tied]),
  });
}
