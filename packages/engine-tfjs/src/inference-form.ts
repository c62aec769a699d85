import {
  type ActivationRule,
  type Architecture,
  type InferenceForm,
  type Named,
  type NamedArray,
  PlumblineError,
} from "@plumbline/core";

function vector(arrays: Named<NamedArray>, name: string, architecture: string): Float32Array {
  const data = arrays[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new PlumblineError({
    code: "bad-inference",
    kind: "bug",
    message: `[engine-tfjs] inference(): architecture "${architecture}" gave no float32 tensor named "${name}"`,
    hint: "its inference() must return encoder, encoderBias, decoder and decoderBias",
  });
}

/** Puts an architecture's inference tensors into the shape that is saved. */
export function inferenceForm<T>(
  architecture: Architecture<T>,
  made: {
    arrays: Named<NamedArray>;
    subtractDecoderBias: boolean;
    activation: ActivationRule;
    dIn: number;
    dSae: number;
  },
): InferenceForm {
  const { arrays, subtractDecoderBias, activation, dIn, dSae } = made;
  const { encoder: _e, encoderBias: _eb, decoder: _d, decoderBias: _db, threshold, ...extra } = arrays;
  const get = (name: string): Float32Array => vector(arrays, name, architecture.name);
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
