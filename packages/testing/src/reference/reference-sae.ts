import type { InferenceForm } from "@plumbline/core";

/**
 * Latents by the inference rule, in plain float64, written from the definitions: what engines are compared with.
 *
 * @returns dense [nRows, dSae]
 */
export function referenceEncode(form: InferenceForm, rows: Float32Array): Float64Array {
  const { dIn, dSae, activation } = form;
  const nRows = rows.length / dIn;
  const latents = new Float64Array(nRows * dSae);
  for (let row = 0; row < nRows; row++) {
    const preActs = latents.subarray(row * dSae, (row + 1) * dSae);
    for (let i = 0; i < dSae; i++) {
      let sum = form.encoderBias[i] ?? 0;
      for (let j = 0; j < dIn; j++) {
        const center = form.subtractDecoderBias ? (form.decoderBias[j] ?? 0) : 0;
        sum += ((rows[row * dIn + j] ?? 0) - center) * (form.encoder[i * dIn + j] ?? 0);
      }
      preActs[i] = sum;
    }
    const kept = activation.kind === "topk" ? keptByTopK(preActs, activation.k) : undefined;
    for (let i = 0; i < dSae; i++) {
      const value = preActs[i] ?? 0;
      const passes =
        value > 0 &&
        (kept === undefined || kept.has(i)) &&
        (activation.kind !== "jumprelu" || value > (form.threshold?.[i] ?? 0));
      preActs[i] = passes ? (activation.kind === "gated" ? magnitude(form, i, value) : value) : 0;
    }
  }
  return latents;
}

/** Strength of an open gate: `max(exp(magnitudeScale) · (preAct − encoderBias) + magnitudeBias, 0)`. */
function magnitude(form: InferenceForm, i: number, preAct: number): number {
  const scale = form.extra?.magnitudeScale?.data[i] ?? Number.NaN;
  const bias = form.extra?.magnitudeBias?.data[i] ?? Number.NaN;
  return Math.max(0, Math.exp(scale) * (preAct - (form.encoderBias[i] ?? 0)) + bias);
}

function keptByTopK(preActs: Float64Array, k: number): Set<number> {
  const order = Array.from(preActs, (_, i) => i).sort(
    (a, b) => (preActs[b] ?? 0) - (preActs[a] ?? 0) || a - b,
  );
  return new Set(order.slice(0, k));
}

/** Reconstruction of dense latents `[nRows, dSae]`, in plain float64. */
export function referenceDecode(form: InferenceForm, latents: ArrayLike<number>): Float64Array {
  const { dIn, dSae } = form;
  const nRows = latents.length / dSae;
  const xHat = new Float64Array(nRows * dIn);
  for (let row = 0; row < nRows; row++) {
    for (let j = 0; j < dIn; j++) {
      let sum = form.decoderBias[j] ?? 0;
      for (let i = 0; i < dSae; i++) sum += (latents[row * dSae + i] ?? 0) * (form.decoder[i * dIn + j] ?? 0);
      xHat[row * dIn + j] = sum;
    }
  }
  return xHat;
}

/** Inner products of matching encoder and decoder rows, in float64. */
export function referenceAlignment(form: InferenceForm): Float64Array {
  const scores = new Float64Array(form.dSae);
  form.encoder.forEach((value, at) => {
    const i = Math.floor(at / form.dIn);
    scores[i] = (scores[i] ?? 0) + value * (form.decoder[at] ?? 0);
  });
  return scores;
}
