import {
  type ActivationSample,
  type Architecture,
  architectureSpecVersion,
  type Constraint,
  createRandom,
  fillNormal,
  type NamedArray,
  type StepControls,
} from "@plumbline/core";
import { rejectRows, unitRows } from "@plumbline/ops";
import {
  add,
  div,
  env,
  greater,
  matMul,
  mul,
  relu,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  transpose,
} from "@tensorflow/tfjs-core";

// Keeps the cpu backend's advertisement out of the test report.
env().set("PROD", true);

export const shape = { dIn: 3, dSae: 5 } as const;
export const adam = { kind: "adam", beta1: 0.9, beta2: 0.99, epsilon: 1e-8 } as const;
export const sample: ActivationSample = {
  rows: new Float32Array(3),
  nRows: 1,
  mean: Float32Array.of(0.1, -0.2, 0.3),
};

type P = Readonly<Record<string, Tensor>>;
const unitDecoder: Constraint<Tensor> = {
  gradient: (g, p) => ({ decoder: rejectRows(g.decoder as Tensor2D, p.decoder as Tensor2D) }),
  afterStep: (p) => ({ decoder: unitRows(p.decoder as Tensor2D) }),
};
const encode = (p: P, x: Tensor): Tensor =>
  relu(
    add(
      matMul(sub(x, p.decoderBias as Tensor) as Tensor2D, transpose(p.encoder as Tensor2D)),
      p.encoderBias as Tensor,
    ),
  );
const decode = (p: P, latents: Tensor): Tensor =>
  add(matMul(latents as Tensor2D, p.decoder as Tensor2D), p.decoderBias as Tensor);

/**
 * A ReLU SAE in tfjs's own operations, differentiated by tfjs alone: mean over tokens of the squared error plus
 * `weight · Σ latents`, weighted by the norms of decoder rows where those are free. Its buffer counts tokens.
 */
export function smallRelu(
  options: { decoderRows?: "unit" | "free"; label?: string } = {},
): Architecture<Tensor> {
  const { decoderRows = "unit", label = "" } = options;
  return Object.freeze({
    specVersion: architectureSpecVersion,
    name: "small-relu",
    config: { decoderRows, label },
    controls: ["weight"],
    statistics: ["fired", "nTokens"],
    optimizer: adam,
    decoderRows,
    check: () => undefined,
    init: ({ dIn, dSae, random, sample: { mean } }) => {
      const rows = (): NamedArray => ({
        shape: [dSae, dIn],
        data: fillNormal(new Float32Array(dSae * dIn), random, 0.7),
      });
      return {
        encoder: rows(),
        encoderBias: { shape: [dSae], data: new Float32Array(dSae).fill(0.1) },
        decoder: rows(),
        decoderBias: { shape: [dIn], data: mean.slice() },
      };
    },
    initBuffers: () => ({ seen: { shape: [1], data: Int32Array.of(0) } }),
    encode: (p, _buffers, x) => encode(p, x),
    decode,
    loss: ({ parameters: p, buffers, x_BD, scalars }) => {
      const nTokens = x_BD.shape[0] ?? 0;
      const latents = encode(p, x_BD);
      const norms = sqrt(sum(square(p.decoder as Tensor), 1));
      const weighted = decoderRows === "unit" ? latents : mul(latents, norms);
      const seen = add(buffers.seen as Tensor, x_BD.zerosLike().sum().cast("int32").add(nTokens)).cast(
        "int32",
      );
      return {
        terms: {
          error: div(sum(square(sub(decode(p, latents), x_BD))), nTokens),
          sparsity: mul(div(sum(weighted), nTokens), scalars.weight ?? Number.NaN),
        },
        // Whole numbers on purpose: a report holds them beside the float32 ones.
        statistics: { fired: sum(greater(latents, 0).cast("int32")), nTokens: sum(seen) },
        buffers: { seen },
      };
    },
    ...(decoderRows === "unit" ? { constrain: unitDecoder } : {}),
    inference: (p) => ({ tensors: p, subtractDecoderBias: true, activation: { kind: "relu" } }),
    directions: (p) => ({ encoder: p.encoder as Tensor, decoder: p.decoder as Tensor }),
  } satisfies Architecture<Tensor>);
}

export const controls = (change: Partial<StepControls> = {}): StepControls => ({
  lr: 0.01,
  scalars: { weight: 0.1 },
  wantStats: true,
  ...change,
});

/** Batch number `i`, normal numbers. */
export function batchOf(i: number, nRows: number): Float32Array {
  return fillNormal(new Float32Array(nRows * shape.dIn), createRandom(100 + i));
}
