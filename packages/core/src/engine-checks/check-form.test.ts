import { expect, describe as suite, test } from "vitest";
import type { InferenceForm } from "../inference-form.ts";
import { checkForm } from "./check-form.ts";

const good: InferenceForm = {
  dIn: 4,
  dSae: 7,
  encoder: new Float32Array(28),
  encoderBias: new Float32Array(7),
  decoder: new Float32Array(28),
  decoderBias: new Float32Array(4),
  subtractDecoderBias: true,
  activation: { kind: "relu" },
  madeBy: { architecture: "none", config: {} },
};
const sevens = (n = 7) => ({ shape: [n], data: new Float32Array(n) });
/** Anything, as a file may hold it. */
const check = (change: object) =>
  checkForm(Object.assign({ ...good }, change) as InferenceForm, { from: "toy" });

suite("checkForm()", () => {
  for (const [kind, change] of [
    ["relu", {}],
    ["topk", { activation: { kind: "topk", k: 7 } }],
    ["jumprelu", { activation: { kind: "jumprelu" }, threshold: new Float32Array(7) }],
    [
      "gated",
      { activation: { kind: "gated" }, extra: { magnitudeScale: sevens(), magnitudeBias: sevens() } },
    ],
  ] as const) {
    test(`lets a whole ${kind} form through`, () => expect(() => check(change)).not.toThrow());
  }

  for (const [what, activation, owner] of [
    [
      "a rule that only an architecture knows",
      { kind: "custom", architecture: "odd", config: {} },
      '"custom", which belongs to architecture "odd"',
    ],
    ["a rule from the future", { kind: "softplus" }, '"softplus", which belongs to a newer version'],
  ] as const) {
    test(`refuses ${what}`, () => {
      expect(() => check({ activation })).toThrow(
        expect.objectContaining({
          code: "unsupported-activation",
          kind: "usage",
          what: `[toy] openInference(): expected one of relu, topk, jumprelu, gated, got ${owner}`,
          hint: "make an engine of that architecture and import the training state instead",
        }),
      );
    });
  }

  for (const [what, change, words] of [
    ["a k above dSae", { activation: { kind: "topk", k: 8 } }, "k in 1 … 7, got 8"],
    ["a k of zero", { activation: { kind: "topk", k: 0 } }, "k in 1 … 7, got 0"],
    ["a k that is no integer", { activation: { kind: "topk", k: 1.5 } }, "k in 1 … 7, got 1.5"],
    [
      "thresholds of another number",
      { activation: { kind: "jumprelu" }, threshold: new Float32Array(2) },
      "7 numbers in threshold, got 2",
    ],
    ["missing thresholds", { activation: { kind: "jumprelu" } }, "7 numbers in threshold, got 0"],
    ["a gated form without scales", { activation: { kind: "gated" } }, "7 numbers in magnitudeScale, got 0"],
    [
      "a gated form with biases of another number",
      { activation: { kind: "gated" }, extra: { magnitudeScale: sevens(), magnitudeBias: sevens(6) } },
      "7 numbers in magnitudeBias, got 6",
    ],
    ["an encoder cut short", { encoder: new Float32Array(27) }, "28 numbers in encoder, got 27"],
    ["a decoder bias of dSae", { decoderBias: new Float32Array(7) }, "4 numbers in decoderBias, got 7"],
    ["a width of zero", { dSae: 0 }, "dSae of at least 1, got 0"],
    ["a fractional width", { dIn: 1.5 }, "dIn of at least 1, got 1.5"],
  ] as const) {
    test(`refuses ${what}`, () => {
      expect(() => check(change)).toThrow(
        expect.objectContaining({
          code: "bad-inference",
          kind: "input",
          what: `[toy] openInference(): expected ${words}`,
          hint: "the checkpoint is incomplete or was not written for these widths",
        }),
      );
    });
  }
});
