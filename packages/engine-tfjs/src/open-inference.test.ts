import "@tensorflow/tfjs";
import { createRandom, denseFromSparse, fillNormal, type InferenceForm } from "@plumbline/core";
import { setBackend } from "@tensorflow/tfjs-core";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { openGenericInference } from "./open-inference.ts";
import "./small-relu.test-support.ts";

const [dIn, dSae] = [4, 7];
const random = createRandom(3);
const normal = (n: number, scale: number): Float32Array => fillNormal(new Float32Array(n), random, scale);
const base = {
  dIn,
  dSae,
  encoder: normal(dIn * dSae, 0.7),
  encoderBias: normal(dSae, 0.3),
  decoder: normal(dIn * dSae, 0.7),
  decoderBias: normal(dIn, 0.5),
  // Some below zero, where ReLU decides and not the threshold.
  threshold: Float32Array.of(0.4, -0.5, 0, 0.9, 0.1, -1, 0.2),
  subtractDecoderBias: true,
  madeBy: { architecture: "none", config: {} },
};
const rows = normal(9 * dIn, 1);
const v = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

/** Latents of one token in float64, by the definitions in `InferenceForm`. */
function encode64(form: InferenceForm, x: Float32Array): number[] {
  const preActs = Array.from(form.encoderBias, (bias, i) => {
    let sum = bias;
    for (let j = 0; j < dIn; j++) {
      const center = form.subtractDecoderBias ? v(form.decoderBias, j) : 0;
      sum += (v(x, j) - center) * v(form.encoder, i * dIn + j);
    }
    return sum;
  });
  const rule = form.activation;
  if (rule.kind === "jumprelu") {
    return preActs.map((value, i) => (value > v(form.threshold ?? [], i) && value > 0 ? value : 0));
  }
  const order = preActs.map((_, i) => i).sort((a, b) => v(preActs, b) - v(preActs, a) || a - b);
  const kept = new Set(order.slice(0, rule.kind === "topk" ? rule.k : dSae));
  return preActs.map((value, i) => (kept.has(i) ? Math.max(value, 0) : 0));
}

beforeAll(async () => {
  await setBackend("cpu");
});

suite("openGenericInference()", () => {
  for (const activation of [{ kind: "relu" }, { kind: "topk", k: 3 }, { kind: "jumprelu" }] as const) {
    for (const subtractDecoderBias of [true, false]) {
      const centering = subtractDecoderBias ? "centered" : "not centered";
      test(`encodes and decodes by the ${activation.kind} rule, ${centering}`, async () => {
        const form: InferenceForm = { ...base, activation, subtractDecoderBias };
        const sae = await openGenericInference(form, { backendName: "cpu" });
        const latents = await sae.encode(rows);
        const expected = Array.from({ length: 9 }, (_, t) => encode64(form, rows.subarray(t * dIn)));
        denseFromSparse(latents).forEach((value, i) => {
          expect(value).toBeCloseTo(v(expected.flat(), i), 5);
        });
        const xHat = await sae.decode(latents);
        xHat.forEach((value, at) => {
          const j = at % dIn;
          const token = expected[Math.floor(at / dIn)] ?? [];
          const sum = token.reduce((s, f, i) => s + f * v(form.decoder, i * dIn + j), v(form.decoderBias, j));
          expect(value).toBeCloseTo(sum, 5);
        });
        sae.dispose();
      });
    }
  }

  test("does not follow later changes to the form's arrays", async () => {
    const form: InferenceForm = { ...base, encoder: base.encoder.slice(), activation: { kind: "relu" } };
    const sae = await openGenericInference(form, { backendName: "cpu" });
    const before = await sae.encode(rows);
    form.encoder.fill(0);
    expect(await sae.encode(rows)).toEqual(before);
    sae.dispose();
  });

  for (const [what, activation, code, words] of [
    [
      "a rule that only an architecture knows",
      { kind: "custom", architecture: "odd", config: {} },
      "unsupported-activation",
      'expected one of relu, topk, jumprelu, gated, got "custom", which belongs to architecture "odd"',
    ],
    ["a k above dSae", { kind: "topk", k: 8 }, "bad-inference", "expected k in 1 … 7, got 8"],
  ] as const) {
    test(`refuses ${what}`, async () => {
      const opened = openGenericInference({ ...base, activation }, { backendName: "cpu" });
      const message = `[engine-tfjs] openInference(): ${words}`;
      await expect(opened).rejects.toThrow(expect.objectContaining({ code, what: message }));
    });
  }

  test("refuses latents of another width, and indices beyond it", async () => {
    const sae = await openGenericInference({ ...base, activation: { kind: "relu" } }, { backendName: "cpu" });
    const latents = {
      nRows: 1,
      dSae,
      rowStarts: Uint32Array.of(0, 1),
      indices: Uint32Array.of(7),
      values: Float32Array.of(1),
    };
    await expect(sae.decode(latents)).rejects.toThrow(
      "[engine-tfjs] decode(): expected indices below 7, got 7",
    );
    await expect(sae.decode({ ...latents, dSae: 8 })).rejects.toThrow(
      "[engine-tfjs] decode(): expected latents of dSae 7, got 8",
    );
    sae.dispose();
  });

  test("decodes no rows to no rows", async () => {
    const sae = await openGenericInference({ ...base, activation: { kind: "relu" } }, { backendName: "cpu" });
    const none = {
      nRows: 0,
      dSae,
      rowStarts: new Uint32Array(1),
      indices: new Uint32Array(),
      values: new Float32Array(),
    };
    expect(await sae.decode(none)).toEqual(new Float32Array());
    sae.dispose();
  });
});
