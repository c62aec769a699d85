// The same orders of numbers as native/core/api.h and engine.h; tests/layout holds the two together.

/** Numbers of a configuration, in order; the ends and weights of the groups follow, in pairs. */
export const configFields = [
  "dIn",
  "dSae",
  "family",
  "map",
  "unitRows",
  "rankByNorm",
  "subtractDecoderBias",
  "trainable",
  "k",
  "level",
  "beta1",
  "beta2",
  "epsilon",
  "deadAfterTokens",
  "auxkCoefficient",
  "auxk",
  "auxkForm",
  "thresholdDecay",
  "thresholdAfterBatches",
  "thresholdAverage",
  "penalty",
  "targetL0",
  "tanhScale",
  "bandwidth",
  "countsLatents",
  "logThreshold",
  "groups",
] as const;

/** Numbers that control a step, in order. */
export const controlFields = [
  "lr",
  "sparsityCoefficient",
  "p",
  "nextP",
  "k",
  "clipNorm",
  "wantStats",
  "rowPenaltyWeight",
  "rowPenaltyWidth",
] as const;

/** Numbers of a report, in order, after the status. */
export const reportFields = [
  "loss",
  "gradientNorm",
  "reconstruction",
  "sparsity",
  "auxk",
  "rowPenalty",
  "l0",
  "deadLatents",
  "explainedVariance",
  "penaltyAtP",
  "penaltyAtNextP",
  "unprovenRows",
  "redoneRows",
  "rescoredLatents",
  "dense",
  "badRow",
] as const;

/** A report by name. */
export type Report = Readonly<Record<(typeof reportFields)[number], number>>;

/** Counters of an engine, in order. */
export const counterFields = [
  "nSteps",
  "batches",
  "threshold",
  "thresholdAverage",
  "thresholdWeight",
] as const;

export const families = ["topk", "batch-topk", "relu", "jumprelu", "gated"] as const;
export const rowMaps = ["none", "projection", "projection-from-decoder", "scale", "coupled", "tied"] as const;
export const penalties = ["none", "l1", "lp-power", "lp-norm", "target", "step", "tanh"] as const;
export const auxkForms = ["normalized", "scaled", "scaled-with-bias-defect"] as const;
export const thresholdAverages = ["corrected", "first-value", "from-zero-defect"] as const;
/** How the encoder product is screened. */
export const levels = ["fp32", "bf16", "int8", "int16"] as const;

const parameters = ["encoder", "decoder", "encoderBias", "decoderBias", "threshold"] as const;
/** Stored arrays that are trained, by the place they have in the core. */
export type ParameterSlot = (typeof parameters)[number];
/** Number of an array in the core. */
export type ArrayId = number;

const afterParameters = 3 * parameters.length;
/** Numbers of the core's arrays. */
export const arrayIds: {
  value(slot: ParameterSlot): ArrayId;
  mean(slot: ParameterSlot): ArrayId;
  variance(slot: ParameterSlot): ArrayId;
  readonly tokensSinceFired: ArrayId;
  readonly effectiveEncoder: ArrayId;
  readonly decoderNorm: ArrayId;
  readonly magnitudeScale: ArrayId;
  readonly magnitudeBias: ArrayId;
  readonly theta: ArrayId;
} = {
  value: (slot) => parameters.indexOf(slot),
  mean: (slot) => parameters.length + parameters.indexOf(slot),
  variance: (slot) => 2 * parameters.length + parameters.indexOf(slot),
  tokensSinceFired: afterParameters,
  effectiveEncoder: afterParameters + 1,
  decoderNorm: afterParameters + 2,
  magnitudeScale: afterParameters + 3,
  magnitudeBias: afterParameters + 4,
  theta: afterParameters + 5,
};

const statuses = ["ok", "no-memory", "not-finite", "bad-config", "not-trainable"] as const;

/** The word for a status number. */
export function statusOf(code: number): (typeof statuses)[number] {
  return statuses[code] ?? "bad-config";
}

/** A status and a report from the core's numbers. */
export function outcomeOf(numbers: Float64Array): { status: (typeof statuses)[number]; report: Report } {
  const report = Object.fromEntries(reportFields.map((name, i) => [name, numbers[i + 1] ?? Number.NaN]));
  return { status: statusOf(numbers[0] ?? -1), report: report as Record<keyof Report, number> };
}
