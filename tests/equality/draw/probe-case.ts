import { topK } from "@plumbline/architectures";
import { joinState, type NamedArray } from "@plumbline/core";
import type { EqualityCase } from "../case.ts";

/** The smallest case that every native engine takes. */
export function probeCase(): EqualityCase {
  const architecture = topK({ k: 1 });
  const make = (shape: number[]): NamedArray => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const parameters = (): Record<string, NamedArray> => ({
    encoder: make([2, 2]),
    encoderBias: make([2]),
    decoder: make([2, 2]),
    decoderBias: make([2]),
  });
  return {
    index: -1,
    label: "probe",
    family: "topk",
    architecture,
    dIn: 2,
    dSae: 2,
    nTokens: 1,
    batch: new Float32Array(2),
    controls: { lr: 0, scalars: {}, wantStats: false },
    state: {
      architecture: { name: architecture.name, config: architecture.config },
      dIn: 2,
      dSae: 2,
      nSteps: 0,
      arrays: joinState({
        parameters: parameters(),
        mean: parameters(),
        variance: parameters(),
        buffers: architecture.initBuffers({ dIn: 2, dSae: 2 }),
      }),
    },
  };
}
