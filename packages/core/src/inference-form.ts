import { PlumblineError } from "./errors/plumbline-error.ts";
import type { JsonObject } from "./json.ts";

/**
 * How latents follow from `preActs = (x − decoderBias) · encoderᵀ + encoderBias`
 * (without the subtraction where `subtractDecoderBias` is false):
 *
 * - `relu`: `max(preActs, 0)`
 * - `topk`: `max(preActs, 0)` of the k largest of each token, ties to the lower index; all others 0
 * - `jumprelu`: `preActs` where `preActs > threshold` and `preActs > 0`, else 0; needs `threshold`
 * - `gated`: `max(exp(magnitudeScale) · shared + magnitudeBias, 0)` where `preActs > 0`, else 0, with `shared = preActs −
 *   encoderBias`; needs `extra.magnitudeScale` and `extra.magnitudeBias`
 * - `custom`: only the named architecture knows; it must be loaded to use the SAE
 */
export type ActivationRule =
  | { readonly kind: "relu" }
  | { readonly kind: "topk"; readonly k: number }
  | { readonly kind: "jumprelu" }
  | { readonly kind: "gated" }
  | { readonly kind: "custom"; readonly architecture: string; readonly config: JsonObject };

/**
 * A trained SAE as it is saved and shared: effective weights (maps baked in), one latent per row, taking **raw**
 * activations. Reconstruction is `x̂ = decoderᵀ · latents + decoderBias`.
 */
export interface InferenceForm {
  readonly dIn: number;
  readonly dSae: number;
  /** [dSae, dIn] */
  readonly encoder: Float32Array;
  /** [dSae] */
  readonly encoderBias: Float32Array;
  /** [dSae, dIn] */
  readonly decoder: Float32Array;
  /** [dIn] */
  readonly decoderBias: Float32Array;
  /** [dSae], for `jumprelu` */
  readonly threshold?: Float32Array;
  /** further parameters of a `gated` or `custom` rule, by name */
  readonly extra?: Readonly<Record<string, NamedArray>>;
  readonly subtractDecoderBias: boolean;
  readonly activation: ActivationRule;
  /** what made it: architecture name and configuration, for the reader; nothing is computed from it */
  readonly madeBy: { readonly architecture: string; readonly config: JsonObject };
}

/** A typed array with its shape, row-major; the unit of states and files. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/**
 * Folds an input scale into an SAE, so that one trained on `scale · x` takes raw `x` and reconstructs raw `x̂`.
 *
 * Weights stay as they are, and with them every alignment score: with `x̂_raw = x̂ / scale` and latents in raw units
 * (`latents / scale`), all biases and thresholds are divided by the scale. This is exact for the built-in rules, which are
 * positively homogeneous; a `custom` rule must fold its own `extra` parameters and is returned with `extra` untouched.
 *
 * @param form an SAE over scaled activations
 * @param scale the factor that inputs were multiplied by in training, > 0
 * @throws PlumblineError `bad-scale`
 */
export function foldInputScale(form: InferenceForm, scale: number): InferenceForm {
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new PlumblineError({
      code: "bad-scale",
      kind: "bug",
      message: `[core] foldInputScale(): expected a finite scale above 0, got ${scale}`,
    });
  }
  const divide = (bias: Float32Array): Float32Array => bias.map((value) => value / scale);
  const gatedExtra = (): { extra?: InferenceForm["extra"] & object } => {
    const bias = form.extra?.magnitudeBias;
    if (form.activation.kind !== "gated" || !(bias?.data instanceof Float32Array)) return {};
    return { extra: { ...form.extra, magnitudeBias: { ...bias, data: divide(bias.data) } } };
  };
  return {
    ...form,
    encoderBias: divide(form.encoderBias),
    decoderBias: divide(form.decoderBias),
    ...(form.threshold === undefined ? {} : { threshold: divide(form.threshold) }),
    ...gatedExtra(),
  };
}
