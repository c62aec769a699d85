import { arrayOf, type ReferenceCase } from "../case.ts";
import type { Rule } from "../rule.ts";
import { dot, float64, gamma, norm, rowNorms, unit } from "./numbers.ts";

/** A case in float64, with what float32 may lose on the way to each number. */
export interface Problem {
  readonly rule: Rule;
  readonly dIn: number;
  readonly dSae: number;
  readonly nTokens: number;
  /** [B, D] */
  readonly x: Float64Array;
  /** [B, D] in float32, as every engine subtracts */
  readonly centered: Float64Array;
  readonly centeredNorm: Float64Array;
  /** [F, D] stored rows that a map reads; the encoder itself where there is none */
  readonly stored: Float64Array | undefined;
  /** [F, D] */
  readonly encoder: Float64Array;
  readonly encoderNorm: Float64Array;
  /** [F] norm of what float32 may lose in an effective encoder row */
  readonly encoderError: Float64Array;
  readonly decoder: Float64Array;
  readonly decoderNorm: Float64Array;
  readonly encoderBias: Float64Array;
  readonly decoderBias: Float64Array;
  /** [F] thresholds of `jumprelu`, and what their exponential may lose */
  readonly theta: Float64Array;
  readonly thetaError: number;
  /** sums are exact in float32, whatever their order */
  readonly exact: boolean;
}

/** Rows of which every number is a small multiple of 1/64. */
function isCoarse(values: Float64Array): boolean {
  return values.every((value) => Number.isInteger(value * 64) && Math.abs(value) <= 16);
}

interface Mapped {
  readonly encoder: Float64Array;
  readonly error: Float64Array;
}

/** Effective encoder rows by the formulas of the row maps. */
function mapRows(rule: Rule, stored: Float64Array | undefined, decoder: Float64Array, dIn: number): Mapped {
  const dSae = decoder.length / dIn;
  if (rule.map === "none") return { encoder: stored ?? decoder, error: new Float64Array(dSae) };
  if (stored === undefined) return { encoder: decoder, error: new Float64Array(dSae) };
  const encoder = new Float64Array(decoder.length);
  const error = new Float64Array(dSae);
  for (let f = 0; f < dSae; f++) {
    const start = f * dIn;
    const along = dot(stored, start, decoder, start, dIn);
    const [wNorm, dNorm] = [norm(stored, start, dIn), norm(decoder, start, dIn)];
    const lostAlong = gamma(dIn) * wNorm * dNorm;
    const [ofStored, ofDecoder] =
      rule.map === "coupled"
        ? [1, 1]
        : rule.map === "scale"
          ? [1 / (1 + along), 1 / (1 + along)]
          : [1, 1 - along];
    for (let j = start; j < start + dIn; j++) {
      encoder[j] = ofStored * (stored[j] ?? 0) + ofDecoder * (decoder[j] ?? 0);
    }
    const rounding = 6 * unit * (Math.abs(ofStored) * wNorm + Math.abs(ofDecoder) * dNorm);
    const lost = lostAlong + 4 * unit;
    if (rule.map === "coupled") error[f] = rounding;
    else if (rule.map === "scale")
      error[f] = rounding + (norm(encoder, start, dIn) * lost) / Math.abs(1 + along);
    else error[f] = rounding + lost * dNorm;
  }
  return { encoder, error };
}

/** The case's numbers, exact as given. */
export function problemOf(one: ReferenceCase): Problem {
  const { rule, state, dIn, dSae, nTokens } = one;
  const read = (name: string): Float64Array => float64(arrayOf(state, `parameter/${name}`));
  const has = (name: string): boolean => state.arrays[`parameter/${name}`] !== undefined;
  const decoder = read("decoder");
  const stored = has("encoderFree") ? read("encoderFree") : has("encoder") ? read("encoder") : undefined;
  const { encoder, error } = mapRows(rule, stored, decoder, dIn);
  const decoderBias = read("decoderBias");
  const x = float64(one.batch);
  const centered = x.map((value, i) =>
    rule.subtractsDecoderBias ? Math.fround(value - (decoderBias[i % dIn] ?? 0)) : value,
  );
  const encoderBias = read("encoderBias");
  const theta = has("logThreshold")
    ? read("logThreshold").map(Math.exp)
    : has("threshold")
      ? read("threshold")
      : new Float64Array(dSae);
  const largest = (values: Float64Array): number =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Products are multiples of 2^-12, and float32 has 24 bits.
  const exact =
    rule.map !== "scale" &&
    [centered, encoder, encoderBias, decoder, stored ?? decoder].every(isCoarse) &&
    dIn * largest(centered) * largest(encoder) + largest(encoderBias) < 2 ** 12 &&
    dIn * largest(decoder) ** 2 < 2 ** 12;
  const norms = rowNorms(decoder, dIn);
  return {
    rule,
    dIn,
    dSae,
    nTokens,
    x,
    centered,
    centeredNorm: rowNorms(centered, dIn),
    stored,
    encoder,
    encoderNorm: rowNorms(encoder, dIn),
    encoderError: exact ? new Float64Array(dSae) : error,
    decoder,
    decoderNorm: exact ? norms.map(Math.fround) : norms,
    encoderBias,
    decoderBias,
    theta,
    thetaError: has("logThreshold") ? 8 * unit : 0,
    exact,
  };
}
