import { tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { evaluate, type Numbers, refusal, tensorsOfNumbers } from "../by-hand.test-support.ts";
import type { JumpReluConfig } from "./config.ts";
import { jumpRelu } from "./jumprelu.ts";

/** Two tokens; centred by the bias (0.5, 0) they are their pre-activations: (1.125, 0.25) and (0.875, 3). */
const shared: Numbers = {
  encoder: [
    [1, 0],
    [0, 1],
  ],
  encoderBias: [0, 0],
  decoder: [
    [1, 0],
    [0, 1],
  ],
  decoderBias: [0.5, 0],
};
const raw: Numbers = { ...shared, threshold: [1, 2] };
const log: Numbers = { ...shared, logThreshold: [0, Math.log(2)] };
const x = [
  [1.625, 0.25],
  [1.375, 3],
];
const scalars = { sparsityCoefficient: 2 };
const run = (
  config: Partial<JumpReluConfig>,
  parameters: Numbers = raw,
  silent: readonly number[] = [0, 0],
) =>
  evaluate(jumpRelu({ bandwidth: 0.5, ...config }), {
    parameters,
    x,
    scalars,
    buffers: { tokensSinceFired: silent },
  });

suite("jumpRelu() by hand", () => {
  test("latents pass unchanged over their thresholds", () => {
    // Latents (1.125, 0) and (0, 3). Residuals (0, 0.25) and (0.875, 0).
    const { terms, statistics, buffers } = run({});
    expect(terms.reconstruction).toBeCloseTo((0.0625 + 0.765625) / 2, 6);
    expect(statistics.l0).toBe(1);
    expect(buffers.tokensSinceFired).toEqual([0, 0]);
  });

  test("target: the squared relative distance of L0 from its target", () => {
    const { terms, gradients } = run({ penalty: "target", targetL0: 4 });
    // L0 is 1: 2 · (1/4 − 1)².
    expect(terms.sparsity).toBeCloseTo(1.125, 6);
    // Kernel |z − θ| < 0.25: latent 0 in both tokens, latent 1 in none. dL0/dθ_0 = −2 / 0.5 / 2 tokens = −2.
    // 2 · 2 (1/4 − 1) / 4 · (−2) = 1.5: raising the threshold would lower an L0 that is too low already.
    expect(gradients(["sparsity"]).threshold?.map((value) => value + 0)).toEqual([1.5, 0]);
    expect(gradients(["sparsity"]).encoder?.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  test("latents-defect: counts latents, so that those below the threshold give no gradient", () => {
    const { terms, gradients } = run({ penalty: "target", targetL0: 4, counts: "latents-defect" });
    expect(terms.sparsity).toBeCloseTo(1.125, 6);
    // The 0.875 of token 1 is a latent of 0, far from the threshold: half the gradient is left.
    expect(gradients(["sparsity"]).threshold?.map((value) => value + 0)).toEqual([0.75, 0]);
  });

  test("latents-defect: with a threshold below half a bandwidth every silent token pulls on it", () => {
    const low = { ...raw, threshold: [0.2, 2] };
    const { gradients } = evaluate(jumpRelu({ bandwidth: 0.5, penalty: "step", counts: "latents-defect" }), {
      parameters: low,
      x: [
        [-9, 0],
        [-5, 0],
      ],
      scalars,
    });
    // 2 · −(1 / 0.5) · mean of 1 and 1.
    expect(gradients(["sparsity"]).threshold?.[0]).toBeCloseTo(-4, 5);
  });

  test("step: mean L0", () => {
    const { terms, gradients } = run({ penalty: "step" });
    expect(terms.sparsity).toBe(2);
    expect(gradients(["sparsity"]).threshold?.map((value) => value + 0)).toEqual([-4, 0]);
  });

  test("tanh: mean of Σ tanh(scale · latents), weighted by norms where rows are free", () => {
    const { terms } = run({ penalty: "tanh", tanhScale: 0.5 });
    expect(terms.sparsity).toBeCloseTo(Math.tanh(0.5625) + Math.tanh(1.5), 5);
    const free = {
      ...raw,
      decoder: [
        [3, 4],
        [0, 2],
      ],
    };
    const weighted = run({ penalty: "tanh", tanhScale: 0.1, decoderRows: "free" }, free);
    expect(weighted.terms.sparsity).toBeCloseTo(Math.tanh(0.5625) + Math.tanh(0.6), 5);
    // A count is not weighted.
    expect(run({ penalty: "step", decoderRows: "free" }, free).terms.sparsity).toBe(2);
  });

  test("the pre-activation term pulls latents up that were dead before the batch, and thresholds down", () => {
    const config = { preActCoefficient: 0.5, deadAfterTokens: 10 };
    expect("preActs" in run(config).terms).toBe(true);
    expect("preActs" in run({}).terms).toBe(false);
    expect(run(config).terms.preActs).toBe(0);
    // Latent 1, dead: short of 2 by 1.75 in token 0, not at all in token 1. 0.5 · 1.75 / 2.
    const { terms, gradients } = run(config, raw, [0, 10]);
    expect(terms.preActs).toBeCloseTo(0.4375, 6);
    const { encoderBias, threshold, encoder } = gradients(["preActs"]);
    expect(encoderBias?.map((value) => value + 0)).toEqual([0, -0.25]);
    expect(threshold?.map((value) => value + 0)).toEqual([0, 0.25]);
    // −0.25 · the centred token 0, (1.125, 0.25).
    expect(encoder?.map((value) => value + 0)).toEqual([0, 0, -0.28125, -0.0625]);
  });

  test("centers only where it is told to", () => {
    const parameters = tensorsOfNumbers(raw);
    const uncentred = jumpRelu({ subtractDecoderBias: false });
    expect([...uncentred.encode(parameters, {}, tensor2d(x)).dataSync()]).toEqual([1.625, 0, 1.375, 3]);
    expect(uncentred.inference(parameters, {}).subtractDecoderBias).toBe(false);
    expect([...jumpRelu().encode(parameters, {}, tensor2d(x)).dataSync()]).toEqual([1.125, 0, 0, 3]);
    expect(jumpRelu().inference(parameters, {}).subtractDecoderBias).toBe(true);
  });

  test("at inference nothing below 0 passes, should a threshold have fallen there", () => {
    const low = tensorsOfNumbers({ ...raw, threshold: [-5, 2] });
    const latents = jumpRelu().encode(low, {}, tensor2d([[-2, 0]]));
    expect([...latents.dataSync()].map(Math.abs)).toEqual([0, 0]);
  });
});

suite("forms of the threshold", () => {
  test("raw and log give the same latents, loss and saved form", () => {
    for (const penalty of ["target", "step", "tanh"] as const) {
      const [a, b] = [run({ penalty }), run({ penalty, thresholdForm: "log" }, log)];
      for (const [name, value] of Object.entries(a.terms)) expect(b.terms[name]).toBeCloseTo(value, 6);
    }
    const form = (config: Partial<JumpReluConfig>, parameters: Numbers) => {
      const { tensors, ...rest } = jumpRelu(config).inference(tensorsOfNumbers(parameters), {});
      return { ...rest, names: Object.keys(tensors).sort(), threshold: tensors.threshold?.dataSync() };
    };
    const [ofRaw, ofLog] = [form({}, raw), form({ thresholdForm: "log" }, log)];
    expect(ofLog.names).toEqual(ofRaw.names);
    expect(ofLog.activation).toEqual({ kind: "jumprelu" });
    expect(ofLog.threshold?.[0]).toBe(1);
    expect(ofLog.threshold?.[1]).toBeCloseTo(2, 6);
    const encode = (config: Partial<JumpReluConfig>, parameters: Numbers): number[] => [
      ...jumpRelu(config).encode(tensorsOfNumbers(parameters), {}, tensor2d(x)).dataSync(),
    ];
    expect(encode({ thresholdForm: "log" }, log)).toEqual(encode({}, raw));
  });

  test("the log form's gradient is the raw one times the threshold", () => {
    const rawGradient = run({}).gradients().threshold ?? [];
    const logGradient = run({ thresholdForm: "log" }, log).gradients().logThreshold ?? [];
    rawGradient.forEach((value, i) => {
      expect(logGradient[i]).toBeCloseTo(value * ([1, 2][i] ?? 0), 5);
    });
  });

  test("both start at thresholdInit", () => {
    const context = {
      dIn: 2,
      dSae: 3,
      sample: { rows: new Float32Array(2), nRows: 1, mean: new Float32Array(2) },
    };
    const random = { stream: () => ({ normal: () => 1 }) } as never;
    const init = (config: Partial<JumpReluConfig>) => jumpRelu(config).init({ ...context, random });
    expect(init({ thresholdInit: 0.5 }).threshold?.data).toEqual(new Float32Array(3).fill(0.5));
    const logs = init({ thresholdInit: 0.5, thresholdForm: "log" });
    expect(logs.logThreshold?.data).toEqual(new Float32Array(3).fill(Math.log(0.5)));
    expect("threshold" in logs).toBe(false);
  });

  test.each([
    [{ thresholdInit: 0 }, "thresholdInit"],
    [{ bandwidth: -1 }, "bandwidth"],
    [{ targetL0: 0 }, "targetL0"],
    [{ penalty: "l0" }, "penalty"],
    [{ counts: "latents" }, "counts"],
    [{ preActCoefficient: -1 }, "preActCoefficient"],
  ])("refuses %j, naming the key", (config, key) => {
    const error = refusal(() => jumpRelu(config as never));
    expect(error.code).toBe("bad-config");
    expect(error.where).toContain(`key ${key}`);
  });
});
