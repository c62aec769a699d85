import type { AdamConstants, EngineState, RowPenalty, StepControls } from "@plumbline/core";

/**
 * Training of `smallRelu` in plain float64, from the formulas: its gradients derived by hand, projection, clipping, Adam,
 * renormalization.
 */
export type Vectors = Readonly<Record<"encoder" | "encoderBias" | "decoder" | "decoderBias", Float64Array>>;

export interface Training64 {
  readonly parameters: Vectors;
  readonly mean: Vectors;
  readonly variance: Vectors;
  readonly nSteps: number;
}

const names = ["encoder", "encoderBias", "decoder", "decoderBias"] as const;
const v = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;
const mapVectors = (from: (name: (typeof names)[number]) => Float64Array): Vectors =>
  Object.fromEntries(names.map((name) => [name, from(name)])) as unknown as Vectors;

export function trainingFrom(state: EngineState): Training64 {
  const group = (prefix: string): Vectors =>
    mapVectors((name) => Float64Array.from(state.arrays[`${prefix}${name}`]?.data ?? []));
  return {
    parameters: group("parameter/"),
    mean: group("optimizer/mean/"),
    variance: group("optimizer/variance/"),
    nSteps: state.nSteps,
  };
}

interface Loss64 {
  readonly gradients: Vectors;
  readonly terms: Readonly<Record<string, number>>;
}

function rowNorm(rows: Float64Array, i: number, width: number): number {
  return Math.hypot(...rows.subarray(i * width, (i + 1) * width));
}

/** Loss terms, and gradients accumulated token by token. */
export function loss64(
  p: Vectors,
  x: ArrayLike<number>,
  options: { decoderRows: "unit" | "free"; weight: number },
): Loss64 {
  const [dIn, dSae] = [p.decoderBias.length, p.encoderBias.length];
  const nTokens = x.length / dIn;
  const gradients = mapVectors((name) => new Float64Array(p[name].length));
  const grow = (vector: Float64Array, i: number, by: number): void => {
    vector[i] = v(vector, i) + by;
  };
  const norms = p.encoderBias.map((_, i) =>
    options.decoderRows === "unit" ? 1 : rowNorm(p.decoder, i, dIn),
  );
  let [error, penalty] = [0, 0];
  for (let t = 0; t < nTokens; t++) {
    const centered = p.decoderBias.map((b, j) => v(x, t * dIn + j) - b);
    const preActs = p.encoderBias.map((b, i) =>
      centered.reduce((sum, value, j) => sum + value * v(p.encoder, i * dIn + j), b),
    );
    const latents = preActs.map((value) => Math.max(value, 0));
    const residual = p.decoderBias.map((b, j) =>
      latents.reduce((sum, f, i) => sum + f * v(p.decoder, i * dIn + j), b - v(x, t * dIn + j)),
    );
    error += residual.reduce((sum, r) => sum + r * r, 0) / nTokens;
    penalty += latents.reduce((sum, f, i) => sum + f * v(norms, i), 0) / nTokens;
    for (let j = 0; j < dIn; j++) grow(gradients.decoderBias, j, (2 * v(residual, j)) / nTokens);
    for (let i = 0; i < dSae; i++) {
      if (v(preActs, i) <= 0) continue;
      let slope = (options.weight * v(norms, i)) / nTokens;
      for (let j = 0; j < dIn; j++) {
        const at = i * dIn + j;
        slope += (2 * v(residual, j) * v(p.decoder, at)) / nTokens;
        grow(gradients.decoder, at, (2 * v(latents, i) * v(residual, j)) / nTokens);
        if (options.decoderRows === "free") {
          const along = v(p.decoder, at) / v(norms, i);
          grow(gradients.decoder, at, (options.weight * v(latents, i) * along) / nTokens);
        }
      }
      grow(gradients.encoderBias, i, slope);
      for (let j = 0; j < dIn; j++) {
        grow(gradients.encoder, i * dIn + j, slope * v(centered, j));
        grow(gradients.decoderBias, j, -slope * v(p.encoder, i * dIn + j));
      }
    }
  }
  return { gradients, terms: { error, sparsity: options.weight * penalty } };
}

/** `weight · mean_i exp(−‖d_i − t_i‖² / width)`. */
export function rowPenalty64(decoder: Float64Array, dIn: number, penalty: RowPenalty): number {
  const dSae = decoder.length / dIn;
  let total = 0;
  for (let i = 0; i < dSae; i++) {
    let square = 0;
    for (let j = i * dIn; j < (i + 1) * dIn; j++) square += (v(decoder, j) - v(penalty.target, j)) ** 2;
    total += Math.exp(-square / penalty.width);
  }
  return (penalty.weight * total) / dSae;
}

function projected(gradient: Float64Array, rows: Float64Array, dIn: number): Float64Array {
  return gradient.map((value, at) => {
    const start = at - (at % dIn);
    let along = 0;
    for (let j = start; j < start + dIn; j++) along += v(gradient, j) * v(rows, j);
    return value - along * v(rows, at);
  });
}

/** One step as an engine takes it; gives the new state, and what the step reports. */
export function step64(
  training: Training64,
  x: ArrayLike<number>,
  options: { decoderRows: "unit" | "free"; controls: StepControls; adam: AdamConstants },
): { training: Training64; terms: Readonly<Record<string, number>>; gradientNorm: number } {
  const { parameters: p } = training;
  const { lr, clipNorm, scalars } = options.controls;
  const { beta1, beta2, epsilon } = options.adam;
  const dIn = p.decoderBias.length;
  const unit = options.decoderRows === "unit";
  const { gradients, terms } = loss64(p, x, { ...options, weight: scalars.weight ?? Number.NaN });
  const kept = mapVectors((name) =>
    unit && name === "decoder" ? projected(gradients.decoder, p.decoder, dIn) : gradients[name],
  );
  const gradientNorm = Math.sqrt(
    names.reduce((sum, name) => sum + kept[name].reduce((s, g) => s + g * g, 0), 0),
  );
  const factor = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (gradientNorm + 1e-6));
  const nSteps = training.nSteps + 1;
  const mean = mapVectors((name) =>
    training.mean[name].map((m, i) => beta1 * m + (1 - beta1) * factor * v(kept[name], i)),
  );
  const variance = mapVectors((name) =>
    training.variance[name].map((s, i) => beta2 * s + (1 - beta2) * (factor * v(kept[name], i)) ** 2),
  );
  const moved = mapVectors((name) =>
    p[name].map((value, i) => {
      const first = v(mean[name], i) / (1 - beta1 ** nSteps);
      const second = v(variance[name], i) / (1 - beta2 ** nSteps);
      return value - (lr * first) / (Math.sqrt(second) + epsilon);
    }),
  );
  const decoder = unit
    ? moved.decoder.map((value, at) => value / rowNorm(moved.decoder, Math.floor(at / dIn), dIn))
    : moved.decoder;
  return { training: { parameters: { ...moved, decoder }, mean, variance, nSteps }, terms, gradientNorm };
}
