import type { EngineState, InferenceForm, NamedArray, SaeEngine, StepControls } from "@plumbline/core";
import { denseFromSparse, PlumblineError, sparseFromDense } from "@plumbline/core";

export const dIn = 4;
export const dSae = 3;

/** What goes wrong, for tests of what the trainer does then. Steps count from 1. */
export interface Faults {
  /** statistics of this step and all later ones are NaN, weights too */
  readonly lossAt?: number;
  /** the update of this step leaves an infinity in the weights; its own statistics are finite */
  readonly weightsAt?: number;
  /** a statistic that is NaN at this step */
  readonly statisticAt?: number;
  readonly throwAt?: number;
  readonly noStatsAt?: number;
}

/** The engine of {@link createSmallEngine}, with what it was given. */
export interface SmallEngine extends SaeEngine {
  /** copies of the batches, step by step */
  readonly batches: Float32Array[];
  readonly controls: StepControls[];
}

const at = (data: ArrayLike<number>, i: number): number => data[i] ?? 0;

function start(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.5 * Math.cos(1.7 * i + phase));
}

/** A ReLU autoencoder in plain arrays: momentum gradient descent on the mean squared error; its state is exact. */
export function createSmallEngine(faults: Faults = {}): SmallEngine {
  let nSteps = 0;
  const parameters: Record<string, Float32Array> = {
    encoder: start(dSae * dIn, 0),
    encoderBias: start(dSae, 1),
    decoder: start(dSae * dIn, 2),
    decoderBias: start(dIn, 3),
  };
  const momenta = Object.fromEntries(
    Object.entries(parameters).map(([name, data]) => [name, new Float32Array(data.length)]),
  );
  const get = (name: string): Float32Array => parameters[name] ?? new Float32Array(0);
  const shapes: Readonly<Record<string, readonly number[]>> = {
    encoder: [dSae, dIn],
    encoderBias: [dSae],
    decoder: [dSae, dIn],
    decoderBias: [dIn],
  };

  function encodeRow(x: Float32Array): number[] {
    return Array.from({ length: dSae }, (_, f) => {
      let sum = at(get("encoderBias"), f);
      for (let d = 0; d < dIn; d++) {
        sum += (at(x, d) - at(get("decoderBias"), d)) * at(get("encoder"), f * dIn + d);
      }
      return Math.max(sum, 0);
    });
  }

  function decodeRow(latents: ArrayLike<number>): number[] {
    return Array.from({ length: dIn }, (_, d) => {
      let sum = at(get("decoderBias"), d);
      for (let f = 0; f < dSae; f++) sum += at(latents, f) * at(get("decoder"), f * dIn + d);
      return sum;
    });
  }

  const rowsOf = (batch: Float32Array): Float32Array[] =>
    Array.from({ length: batch.length / dIn }, (_, b) => batch.subarray(b * dIn, (b + 1) * dIn));

  /** Loss and gradients of `mean_b ‖x̂ − x‖² + sparsityCoefficient · mean_b Σ latents`. */
  function differentiate(batch: Float32Array, sparsity: number) {
    const gradients = Object.fromEntries(
      Object.entries(parameters).map(([name, data]) => [name, new Float64Array(data.length)]),
    );
    const add = (name: string, i: number, value: number): void => {
      const gradient = gradients[name];
      if (gradient !== undefined) gradient[i] = at(gradient, i) + value;
    };
    const rows = rowsOf(batch);
    let reconstruction = 0;
    let l1 = 0;
    for (const x of rows) {
      const latents = encodeRow(x);
      const errors = decodeRow(latents).map((value, d) => value - at(x, d));
      errors.forEach((error, d) => {
        reconstruction += error ** 2 / rows.length;
        add("decoderBias", d, (2 * error) / rows.length);
      });
      latents.forEach((latent, f) => {
        if (latent === 0) return;
        l1 += (sparsity * latent) / rows.length;
        let delta = sparsity / rows.length;
        errors.forEach((error, d) => {
          delta += (2 * error * at(get("decoder"), f * dIn + d)) / rows.length;
          add("decoder", f * dIn + d, (2 * error * latent) / rows.length);
        });
        add("encoderBias", f, delta);
        for (let d = 0; d < dIn; d++) {
          add("encoder", f * dIn + d, delta * (at(x, d) - at(get("decoderBias"), d)));
          add("decoderBias", d, -delta * at(get("encoder"), f * dIn + d));
        }
      });
    }
    return { gradients, reconstruction, l1 };
  }

  const batches: Float32Array[] = [];
  const controlsSeen: StepControls[] = [];
  return {
    dIn,
    dSae,
    batches,
    controls: controlsSeen,
    async step(batch, controls) {
      batches.push(batch.slice());
      controlsSeen.push(controls);
      nSteps++;
      if (nSteps === faults.throwAt) throw new Error("the device is gone");
      const { lr, scalars, clipNorm = Number.POSITIVE_INFINITY, wantStats } = controls;
      const { gradients, reconstruction, l1 } = differentiate(batch, scalars.sparsityCoefficient ?? 0);
      const bad = faults.lossAt !== undefined && nSteps >= faults.lossAt ? Number.NaN : 0;
      let squares = bad;
      for (const gradient of Object.values(gradients)) for (const value of gradient) squares += value ** 2;
      const norm = Math.sqrt(squares);
      const shrink = bad + Math.min(1, clipNorm / norm);
      for (const [name, gradient] of Object.entries(gradients)) {
        const [parameter, momentum] = [get(name), momenta[name] ?? new Float32Array(0)];
        gradient.forEach((value, i) => {
          momentum[i] = 0.9 * at(momentum, i) + shrink * value;
          parameter[i] = at(parameter, i) - lr * at(momentum, i);
        });
      }
      if (nSteps === faults.weightsAt) get("decoder")[2] = Number.POSITIVE_INFINITY;
      if (!wantStats || nSteps === faults.noStatsAt) return undefined;
      return {
        loss: reconstruction + l1 + bad,
        terms: { reconstruction: reconstruction + bad, sparsity: l1 },
        gradientNorm: norm,
        statistics: { l0: 1, ratio: nSteps === faults.statisticAt ? Number.NaN : 0.5 },
      };
    },
    async encode(batch) {
      const dense = Float32Array.from(rowsOf(batch).flatMap(encodeRow));
      return sparseFromDense(dense, { nRows: batch.length / dIn, dSae });
    },
    async decode(latents) {
      const dense = denseFromSparse(latents);
      const rows = Array.from({ length: latents.nRows }, (_, b) => dense.subarray(b * dSae, (b + 1) * dSae));
      return Float32Array.from(rows.flatMap((row) => decodeRow(row)));
    },
    async inference(): Promise<InferenceForm> {
      return {
        dIn,
        dSae,
        encoder: get("encoder").slice(),
        encoderBias: get("encoderBias").slice(),
        decoder: get("decoder").slice(),
        decoderBias: get("decoderBias").slice(),
        subtractDecoderBias: true,
        activation: { kind: "relu" },
        madeBy: { architecture: "small", config: {} },
      };
    },
    async decoderRows() {
      return get("decoder").slice();
    },
    async exportState(): Promise<EngineState> {
      const arrays: Record<string, NamedArray> = {
        // Not yet a number, and meant so: buffers are the architecture's own business.
        "buffer/lowest": { shape: [1], data: Float32Array.of(Number.POSITIVE_INFINITY) },
      };
      for (const [name, shape] of Object.entries(shapes)) {
        arrays[`parameter/${name}`] = { shape, data: get(name).slice() };
        arrays[`optimizer/${name}`] = { shape, data: (momenta[name] ?? new Float32Array(0)).slice() };
      }
      return { architecture: { name: "small", config: {} }, dIn, dSae, nSteps, arrays };
    },
    async importState(state) {
      if (state.architecture.name !== "small") {
        throw new PlumblineError({ code: "state-mismatch", kind: "input", message: "[test] another engine" });
      }
      nSteps = state.nSteps;
      for (const name of Object.keys(shapes)) {
        get(name).set(state.arrays[`parameter/${name}`]?.data ?? []);
        momenta[name]?.set(state.arrays[`optimizer/${name}`]?.data ?? []);
      }
    },
    dispose() {},
  };
}
