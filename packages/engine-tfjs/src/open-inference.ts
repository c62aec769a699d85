import { type InferenceForm, PlumblineError, type SaeInference } from "@plumbline/core";
import { denseDecode, preActivations, topK } from "@plumbline/ops";
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
import { engineDisposed } from "./errors.ts";
import { runOn } from "./run-on.ts";
import { decodeRows, encodeRows, type TensorSae } from "./tensor-inference.ts";

type Activation = (preActs_BF: Tensor2D) => Tensor2D;

function missing(rule: string, names: string): PlumblineError {
  return new PlumblineError({
    code: "bad-inference",
    kind: "input",
    message: `[engine-tfjs] openInference(): a ${rule} SAE needs ${names}`,
    hint: "the checkpoint lacks a tensor; save it again from the training state",
  });
}

/** `max(exp(magnitudeScale) · shared + magnitudeBias, 0)` where the gate is open. */
function gatedActivation(tensors: Readonly<Record<string, Tensor>>): Activation {
  const { magnitudeScale, magnitudeBias, encoderBias_F } = tensors;
  if (magnitudeScale === undefined || magnitudeBias === undefined || encoderBias_F === undefined) {
    throw missing("gated", "magnitudeScale and magnitudeBias");
  }
  return (preActs_BF) => {
    const shared_BF = sub(preActs_BF, encoderBias_F);
    return mul(step(preActs_BF), relu(add(mul(shared_BF, exp(magnitudeScale)), magnitudeBias)));
  };
}

/** The activation rule of a form as a tensor function of preActs [B, F]. */
function activationOf(form: InferenceForm, tensors: Readonly<Record<string, Tensor>>): Activation {
  const rule = form.activation;
  const { threshold_F } = tensors;
  switch (rule.kind) {
    case "relu":
      return relu;
    case "topk":
      return (preActs_BF) => topK(preActs_BF, { k: rule.k });
    case "jumprelu":
      if (threshold_F === undefined) throw missing("jumprelu", "thresholds");
      return (preActs_BF) => mul(relu(preActs_BF), cast(greater(preActs_BF, threshold_F), "float32"));
    case "gated":
      return gatedActivation(tensors);
    case "custom":
      throw new PlumblineError({
        code: "unsupported-activation",
        kind: "usage",
        message: `[engine-tfjs] openInference(): the SAE's activation belongs to architecture "${rule.architecture}"`,
        hint: "make an engine of that architecture and import the training state instead",
      });
  }
}

/**
 * Opens a trained SAE for encoding and decoding on one tfjs backend.
 *
 * @param options.backendName a tfjs backend that is initialized already
 * @throws PlumblineError `unsupported-activation` for a custom rule, `bad-inference` for missing thresholds
 */
export async function openGenericInference(
  form: InferenceForm,
  options: { backendName: string },
): Promise<SaeInference> {
  const { dIn, dSae } = form;
  const { backendName } = options;
  const made = runOn(backendName, () => ({
    encoder_FD: tensor2d(form.encoder.slice(), [dSae, dIn]),
    encoderBias_F: tensor1d(form.encoderBias.slice()),
    decoder_FD: tensor2d(form.decoder.slice(), [dSae, dIn]),
    decoderBias_D: tensor1d(form.decoderBias.slice()),
    center_D: form.subtractDecoderBias ? tensor1d(form.decoderBias.slice()) : (zeros([dIn]) as Tensor1D),
    ...(form.threshold === undefined ? {} : { threshold_F: tensor1d(form.threshold.slice()) }),
    ...tensorsFrom(form.extra ?? {}),
  }));
  const tensors: Record<string, Tensor> = made;
  const { encoder_FD, encoderBias_F, center_D, decoder_FD, decoderBias_D } = made;
  let activation: Activation;
  try {
    activation = activationOf(form, tensors);
  } catch (error) {
    disposeAll(tensors);
    throw error;
  }
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
