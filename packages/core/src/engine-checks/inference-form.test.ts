import { expect, describe as suite, test } from "vitest";
import type { Named } from "../architecture.ts";
import type { NamedArray } from "../inference-form.ts";
import { inferenceForm } from "./inference-form.ts";

const array = (...shape: number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((n, size) => n * size, 1)),
});
const arrays = { encoder: array(5, 3), encoderBias: array(5), decoder: array(5, 3), decoderBias: array(3) };
const architecture = { name: "small", config: { k: 2 } };
const make = (given: Named<NamedArray>) =>
  inferenceForm(
    architecture,
    { arrays: given, subtractDecoderBias: false, activation: { kind: "jumprelu" }, dIn: 3, dSae: 5 },
    { from: "toy" },
  );

suite("inferenceForm()", () => {
  test("puts arrays and rule into the shape that is saved", () => {
    expect(make(arrays)).toEqual({
      dIn: 3,
      dSae: 5,
      encoder: arrays.encoder.data,
      encoderBias: arrays.encoderBias.data,
      decoder: arrays.decoder.data,
      decoderBias: arrays.decoderBias.data,
      subtractDecoderBias: false,
      activation: { kind: "jumprelu" },
      madeBy: { architecture: "small", config: { k: 2 } },
    });
  });

  test("has thresholds as such, and all further arrays with their shapes in extra", () => {
    const gain = { shape: [2], data: Int32Array.of(1, 2) };
    const threshold = array(5);
    const form = make({ ...arrays, threshold, gain });
    expect(form.threshold).toBe(threshold.data);
    expect(form.extra).toEqual({ gain });
  });

  test("refuses an array that is missing or not float32", () => {
    const { encoder: _, ...without } = arrays;
    const refused = (name: string) =>
      expect.objectContaining({
        code: "bad-inference",
        kind: "bug",
        what: `[toy] inference(): architecture "small" gave no float32 tensor named "${name}"`,
        hint: "its inference() must return encoder, encoderBias, decoder and decoderBias",
      });
    const whole = { shape: [5], data: new Int32Array(5) };
    expect(() => make(without)).toThrow(refused("encoder"));
    expect(() => make({ ...arrays, encoderBias: whole })).toThrow(refused("encoderBias"));
    expect(() => make({ ...arrays, threshold: whole })).toThrow(refused("threshold"));
  });
});
