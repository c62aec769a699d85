import {
  type ActivationRule,
  checkForm,
  engineDisposed,
  type InferenceForm,
  type SaeInference,
} from "@plumbline/core";
import { denseDecode, preActivations, type TensorMap, topK } from "@plumbline/ops";
import {
  add,
  cast,
  exp,
  greater,
  mul,
  relu,
  step,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { disposeAll, tensorsFrom } from "./arrays.ts";
import { from } from "./errors.ts";
import { runOn } from "./run-on.ts";
import { decodeRows, encodeRows, type TensorSae } from "./tensor-inference.ts";

type Activation = (preActs_BF: Tensor2D) => Tensor2D;

/** `max(exp(magnitudeScale) · shared + magnitudeBias, 0)` where the gate, the pre-activation itself, is open. */
function gatedActivation(tensors: TensorMap): Activation {
  const { magnitudeScale, magnitudeBias, encoderBias_F } = tensors as Record<string, Tensor1D>;
  return (preActs_BF) => {
    const shared_BF = sub(preActs_BF, encoderBias_F as Tensor1D);
    const magnitude_BF = relu(
      add(mul(shared_BF, exp(magnitudeScale as Tensor1D)), magnitudeBias as Tensor1D),
    );
    return mul(step(preActs_BF), magnitude_BF) as Tensor2D;
  };
}

/** The activation rule of a checked form, as a tensor function of preActs [B, F]. */
function activationOf(rule: ActivationRule, tensors: TensorMap): Activation {
  if (rule.kind === "topk") return (preActs_BF) => topK(preActs_BF, { k: rule.k });
  if (rule.kind === "gated") return gatedActivation(tensors);
  const { threshold_F } = tensors;
  if (threshold_F === undefined) return relu;
  return (preActs_BF) => mul(relu(preActs_BF), cast(greater(preActs_BF, threshold_F), "float32"));
}

/**
 * Opens a trained SAE for encoding and decoding on one tfjs backend.
 *
 * @param options.backendName a tfjs backend that is initialized already
 * @throws PlumblineError `unsupported-activation` for a custom rule, `bad-inference` for arrays or a k that do not fit the widths,
 *   `backend-not-ready`
 */
export async function openGenericInference(
  form: InferenceForm,
  options: { backendName: string },
): Promise<SaeInference> {
  const { dIn, dSae } = form;
  const { backendName } = options;
  checkForm(form, { from });
  const made = runOn(backendName, () => ({
    encoder_FD: tensor2d(form.encoder.slice(), [dSae, dIn]),
    encoderBias_F: tensor1d(form.encoderBias.slice()),
    decoder_FD: tensor2d(form.decoder.slice(), [dSae, dIn]),
    decoderBias_D: tensor1d(form.decoderBias.slice()),
    center_D: form.subtractDecoderBias ? tensor1d(form.decoderBias.slice()) : (zeros([dIn]) as Tensor1D),
    ...(form.activation.kind === "jumprelu" && form.threshold !== undefined
      ? { threshold_F: tensor1d(form.threshold.slice()) }
      : {}),
    ...(form.activation.kind === "gated" ? tensorsFrom(form.extra ?? {}) : {}),
  }));
  const tensors: Record<string, Tensor> = made;
  const { encoder_FD, encoderBias_F, center_D, decoder_FD, decoderBias_D } = made;
  const activation = activationOf(form.activation, tensors);
  const sae: TensorSae = {
    dIn,
    dSae,
    backendName,
    encode: (x_BD) => activation(preActivations({ x_BD, encoder_FD, encoderBias_F, center_D })),
    decode: (latents_BF) => denseDecode(latents_BF, { decoder_FD, decoderBias_D }),
  };
  let disposed = false;
  const open = (): TensorSae => {
    if (disposed) throw engineDisposed(from);
    return sae;
  };
  return {
    dIn,
    dSae,
    encode: async (batch) => encodeRows(open(), batch),
    decode: async (latents) => decodeRows(open(), latents),
    dispose: () => {
      if (!disposed) disposeAll(tensors);
      disposed = true;
    },
  };
}
