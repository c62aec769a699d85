import type { Auxk } from "./auxk.ts";
import type { Code } from "./code.ts";
import type { Bounded, Forward, Target } from "./forward.ts";
import { addTo, dot, gamma, grow, probable, times, unit } from "./numbers.ts";
import type { Penalty } from "./penalty.ts";
import type { Problem } from "./problem.ts";
import { kept, out, unsure } from "./selection.ts";

/** Gradients of rows of one width, and the norm of what float32 may lose in each. */
export interface Rows {
  readonly rows: Float64Array;
  readonly width: number;
  readonly error: Float64Array;
}

/** Gradients over the effective SAE, before row maps and constraints. */
export interface Gradients {
  readonly encoder: Rows;
  readonly decoder: Rows;
  readonly encoderBias: Rows;
  readonly decoderBias: Rows;
  readonly threshold: Rows;
}

const rowsOf = (count: number, width: number): Rows => ({
  rows: new Float64Array(count * width),
  width,
  error: new Float64Array(count),
});

/** What the tokens of one latent add up. */
interface LatentSums {
  near: Bounded;
  counted: Bounded;
  pull: Bounded;
  /** sizes of what is summed over tokens, each addition of which rounds */
  biasSize: number;
  encoderSize: number;
  decoderSize: number;
  count: number;
}

const none: Bounded = { value: 0, error: 0 };
const plus = (a: Bounded, value: number, error: number): Bounded => ({
  value: a.value + value,
  error: a.error + error,
});

export interface Parts {
  readonly problem: Problem;
  readonly code: Code;
  readonly forward: Forward;
  readonly penalty?: Penalty | undefined;
  readonly auxk?: Auxk | undefined;
}

/** One latent at work. */
interface Work {
  readonly parts: Parts;
  readonly f: number;
  readonly into: Gradients;
  readonly sums: LatentSums;
}

/** d(loss) / d(latent) by what it decodes to: `scale · ⟨decoder row, target row⟩`. */
function slopeOf({ parts, f }: Work, b: number, target: Target, scale: Bounded): Bounded {
  const { dIn, decoder, decoderNorm } = parts.problem;
  const dNorm = decoderNorm[f] as number;
  const [size, off] = [target.size[b] as number, target.error[b] as number];
  return {
    value: scale.value * dot(decoder, f * dIn, target.rows, b * dIn, dIn),
    error:
      dNorm * (times(scale.value, off) + scale.value * probable(dIn) * size + times(scale.error, size + off)),
  };
}

/** The gradient of a code times the token, for a pair whose gradient passes, perhaps. */
function addToEncoder({ parts, f, into, sums }: Work, b: number, slope: Bounded, passes: number): void {
  const { dIn, centered, centeredNorm } = parts.problem;
  const xNorm = centeredNorm[b] as number;
  const size = Math.abs(slope.value);
  const error = slope.error + (passes === unsure ? size : 0);
  addTo(into.encoder.rows, f * dIn, slope.value, centered, b * dIn, dIn);
  grow(into.encoder.error, f, times(error, xNorm));
  grow(into.encoderBias.rows, f, slope.value);
  grow(into.encoderBias.error, f, error);
  sums.biasSize += size;
  sums.encoderSize += size * xNorm;
  sums.count += 1;
}

/** The value of a latent times the row that it is held against. */
function addToDecoder(
  { parts, f, into, sums }: Work,
  b: number,
  latent: Bounded,
  target: Target,
  scale: Bounded,
): void {
  const { dIn } = parts.problem;
  const [size, off] = [target.size[b] as number, target.error[b] as number];
  const value = Math.abs(latent.value);
  addTo(into.decoder.rows, f * dIn, scale.value * latent.value, target.rows, b * dIn, dIn);
  const error = latent.error * size + (value + latent.error) * off;
  grow(into.decoder.error, f, scale.value * error + scale.error * value * (size + off));
  sums.decoderSize += scale.value * value * size;
}

function addCode(work: Work, b: number, target: Target): void {
  const { parts, f, sums } = work;
  const { problem, code, penalty } = parts;
  const { rule, nTokens, dIn, dSae, decoderNorm } = problem;
  const i = b * dSae + f;
  const [passes, near] = [code.passes[i] as number, code.near[i] ?? out];
  if (passes === out && near === out) return;
  const latent = { value: code.value[i] as number, error: code.error[i] as number };
  const scale = { value: 2 / nTokens, error: 0 };
  const byDecoding = slopeOf(work, b, target, scale);
  const [steep, steepError] = [penalty?.steep[i] ?? 0, penalty?.steepError[i] ?? 0];
  const weight = rule.weighsByNorm ? (decoderNorm[f] as number) : 1;
  const value = byDecoding.value + steep * weight;
  const error =
    byDecoding.error +
    times(weight, steepError) +
    weight * probable(dIn) * steep +
    2 * unit * (Math.abs(byDecoding.value) + steep * weight);
  if (passes !== out) {
    addToEncoder(work, b, { value, error }, passes);
    addToDecoder(work, b, latent, target, scale);
    const size = Math.abs(latent.value);
    sums.pull = plus(
      sums.pull,
      steep * latent.value,
      times(steepError, size + latent.error) + steep * (latent.error + gamma(nTokens) * size),
    );
  }
  if (near !== out) {
    const size = Math.abs(value);
    sums.near = plus(sums.near, value, error + (near === unsure ? size : 0) + gamma(nTokens) * size);
  }
}

function addAuxk(work: Work, b: number, auxk: Auxk): void {
  const i = b * work.parts.problem.dSae + work.f;
  const passes = auxk.passes[i] as number;
  if (passes === out) return;
  const target = { rows: auxk.rest, size: auxk.restSize, error: auxk.restError };
  const latent = { value: auxk.value[i] as number, error: auxk.error[i] as number };
  addToEncoder(work, b, slopeOf(work, b, target, auxk.scale), passes);
  addToDecoder(work, b, latent, target, auxk.scale);
}

function latentGradients(parts: Parts, f: number, group: number, into: Gradients): void {
  const { problem, code, forward, auxk } = parts;
  const { dIn, dSae, nTokens, rule, decoder, decoderNorm } = problem;
  const target = forward.targets[group] as Target;
  const sums: LatentSums = {
    near: none,
    counted: none,
    pull: none,
    biasSize: 0,
    encoderSize: 0,
    decoderSize: 0,
    count: 0,
  };
  const work: Work = { parts, f, into, sums };
  for (let b = 0; b < nTokens; b++) {
    const counted = code.countedNear[b * dSae + f] ?? out;
    if (counted !== out)
      sums.counted = plus(sums.counted, counted === kept ? 1 : 0, counted === unsure ? 1 : 0);
    addCode(work, b, target);
    if (auxk !== undefined) addAuxk(work, b, auxk);
  }
  const share = gamma(sums.count);
  grow(into.encoderBias.error, f, share * sums.biasSize);
  grow(into.encoder.error, f, share * sums.encoderSize);
  grow(into.decoder.error, f, share * sums.decoderSize);
  if (rule.kind === "jumprelu") thresholdGradient(parts, f, sums, into);
  const dNorm = decoderNorm[f] as number;
  if (rule.weighsByNorm && dNorm > 0) {
    addTo(into.decoder.rows, f * dIn, sums.pull.value / dNorm, decoder, f * dIn, dIn);
    grow(into.decoder.error, f, sums.pull.error + probable(dIn) * Math.abs(sums.pull.value));
  }
}

function thresholdGradient(parts: Parts, f: number, sums: LatentSums, into: Gradients): void {
  const { problem, penalty } = parts;
  const { rule, theta, thetaError } = problem;
  const limit = theta[f] as number;
  const perCount = penalty?.perCount ?? { value: 0, error: 0 };
  const count = sums.counted;
  const value = -(limit / rule.bandwidth) * sums.near.value - (perCount.value * count.value) / rule.bandwidth;
  const error =
    (Math.abs(limit) * (sums.near.error + (8 * unit + thetaError) * Math.abs(sums.near.value))) /
      rule.bandwidth +
    (perCount.error * (count.value + count.error) +
      Math.abs(perCount.value) * (count.error + 8 * unit * count.value)) /
      rule.bandwidth;
  const factor = rule.logThreshold ? Math.abs(limit) : 1;
  into.threshold.rows[f] = rule.logThreshold ? value * limit : value;
  into.threshold.error[f] = factor * (error + (thetaError + 4 * unit) * Math.abs(value));
}

/** Through x̂ directly, and through the tokens that the encoder sees centered. */
function decoderBiasGradient(parts: Parts, into: Gradients): void {
  const { problem, forward, auxk } = parts;
  const { dIn, dSae, nTokens, rule, encoder, encoderNorm, encoderError } = problem;
  const { rows, error } = into.decoderBias;
  const sum = (target: Target, scale: Bounded): void => {
    for (let b = 0; b < nTokens; b++) {
      addTo(rows, 0, scale.value, target.rows, b * dIn, dIn);
      const size = target.size[b] as number;
      grow(
        error,
        0,
        scale.value * (target.error[b] as number) + (scale.error + gamma(nTokens) * scale.value) * size,
      );
    }
  };
  sum(forward.targets[0] as Target, { value: 2 / nTokens, error: 0 });
  if (auxk !== undefined && rule.auxk?.form === "scaled-with-bias-defect") {
    sum({ rows: auxk.rest, size: auxk.restSize, error: auxk.restError }, auxk.scale);
  }
  if (!rule.subtractsDecoderBias) return;
  for (let f = 0; f < dSae; f++) {
    const [bias, lost, size] = [
      into.encoderBias.rows[f] as number,
      into.encoderBias.error[f] as number,
      encoderNorm[f] as number,
    ];
    addTo(rows, 0, -bias, encoder, f * dIn, dIn);
    grow(error, 0, times(lost, size) + Math.abs(bias) * ((encoderError[f] as number) + gamma(dSae) * size));
  }
}

/** Gradients of the loss over the effective encoder, the decoder, biases and thresholds. */
export function gradientsOf(parts: Parts): Gradients {
  const { dIn, dSae, rule } = parts.problem;
  const into: Gradients = {
    encoder: rowsOf(dSae, dIn),
    decoder: rowsOf(dSae, dIn),
    encoderBias: rowsOf(dSae, 1),
    decoderBias: rowsOf(1, dIn),
    threshold: rowsOf(dSae, 1),
  };
  let group = 0;
  for (let f = 0; f < dSae; f++) {
    while (f >= (rule.groups[group]?.end ?? dSae)) group += 1;
    latentGradients(parts, f, group, into);
  }
  decoderBiasGradient(parts, into);
  return into;
}
