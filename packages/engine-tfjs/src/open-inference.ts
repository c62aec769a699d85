import type { ActivationRule, InferenceForm, SaeInference } from "@plumbline/core";
import { denseDecode, preActivations, topK } from "@plumbline/ops";
import {
  cast,
  greater,
  mul,
  relu,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { disposeAll } from "./arrays.ts";
import { checkForm } from "./check-form.ts";
import { engineDisposed } from "./errors.ts";
import { runOn } from "./run-on.ts";
import { decodeRows, encodeRows, type TensorSae } from "./tensor-inference.ts";

/** The activation rule of a checked form, as a tensor function of preActs [B, F]. */
function activationOf(
  rule: ActivationRule,
  threshold_F: Tensor1D | undefined,
): (preActs_BF: Tensor2D) => Tensor2D {
  if (rule.kind === "topk") return (preActs_BF) => topK(preActs_BF, { k: rule.k });
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
  checkForm(form);
  const made = runOn(backendName, () => ({
    encoder_FD: tensor2d(form.encoder.slice(), [dSae, dIn]),
    encoderBias_F: tensor1d(form.encoderBias.slice()),
    decoder_FD: tensor2d(form.decoder.slice(), [dSae, dIn]),
    decoderBias_D: tensor1d(form.decoderBias.slice()),
    center_D: form.subtractDecoderBias ? tensor1d(form.decoderBias.slice()) : (zeros([dIn]) as Tensor1D),
    ...(form.activation.kind === "jumprelu" && form.threshold !== undefined
      ? { threshold_F: tensor1d(form.threshold.slice()) }
      : {}),
  }));
  const tensors: Record<string, Tensor> = made;
  const { encoder_FD, encoderBias_F, center_D, decoder_FD, decoderBias_D } = made;
  const activation = activationOf(form.activation, "threshold_F" in made ? made.threshold_F : undefined);
  const sae: TensorSae = {
    dIn,
    dSae,
    backendName,
    encode: (x_BD) => activation(preActivations({ x_BD, encoder_FD, encoderBias_F, center_D })),
    decode: (latents_BF) => denseDecode(latents_BF, { decoder_FD, decoderBias_D }),
  };
  let disposed = false;
  const open = (): TensorSae => {
    if (disposed) throw engineDisposed();
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
