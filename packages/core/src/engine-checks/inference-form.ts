import type { Architecture, InferenceTensors, Named, SaeShape } from "../architecture.ts";
import { PlumblineError } from "../errors/plumbline-error.ts";
import type { InferenceForm, NamedArray } from "../inference-form.ts";

/**
 * Puts what an architecture's `inference()` gave, read back as arrays, into the shape that is saved. Names beyond
 * encoder, decoder, their biases and threshold become `extra`.
 *
 * @param made.arrays float32, by name: encoder and decoder `[dSae, dIn]`, encoderBias `[dSae]`, decoderBias `[dIn]`, …
 * @param caller.from name of the package that asks, `engine-tfjs`
 * @returns a form that shares the arrays' memory
 * @throws PlumblineError `bad-inference` for a name that is missing or not float32, a bug of the architecture
 * @example
 * import { inferenceForm } from "@plumbline/core";
 *
 * const arrays = {
 *   encoder: { shape: [3, 2], data: new Float32Array(6) },
 *   encoderBias: { shape: [3], data: new Float32Array(3) },
 *   decoder: { shape: [3, 2], data: new Float32Array(6) },
 *   decoderBias: { shape: [2], data: new Float32Array(2) },
 * };
 * const rule = { subtractDecoderBias: true, activation: { kind: "relu" } } as const;
 * const made = { arrays, ...rule, dIn: 2, dSae: 3 };
 * const form = inferenceForm({ name: "relu", config: {} }, made, { from: "my-engine" });
 * console.log(form.encoder.length, form.madeBy.architecture); // 6 relu
 */
export function inferenceForm(
  architecture: Pick<Architecture<unknown>, "name" | "config">,
  made: SaeShape & Omit<InferenceTensors<unknown>, "tensors"> & { readonly arrays: Named<NamedArray> },
  caller: { from: string },
): InferenceForm {
  const { arrays, subtractDecoderBias, activation, dIn, dSae } = made;
  const { encoder: _e, encoderBias: _eb, decoder: _d, decoderBias: _db, threshold, ...extra } = arrays;
  const get = (name: string): Float32Array => {
    const data = arrays[name]?.data;
    if (data instanceof Float32Array) return data;
    throw new PlumblineError({
      code: "bad-inference",
      kind: "bug",
      message: `[${caller.from}] inference(): architecture "${architecture.name}" gave no float32 tensor named "${name}"`,
      hint: "its inference() must return encoder, encoderBias, decoder and decoderBias",
    });
  };
  return {
    dIn,
    dSae,
    encoder: get("encoder"),
    encoderBias: get("encoderBias"),
    decoder: get("decoder"),
    decoderBias: get("decoderBias"),
    ...(threshold === undefined ? {} : { threshold: get("threshold") }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
    subtractDecoderBias,
    activation,
    madeBy: { architecture: architecture.name, config: architecture.config },
  };
}
