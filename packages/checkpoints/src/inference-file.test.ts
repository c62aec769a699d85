import type { InferenceForm } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { bits, exampleForm, finiteFloat, rules, thrown } from "./checkpoint.test-kit.ts";
import { decodeInferenceForm, encodeInferenceForm } from "./inference-file.ts";
import { sha256 } from "./sha256.ts";

suite("encodeInferenceForm()", () => {
  test.each(rules)("gives back what it was given: $kind", (rule) => {
    const form = exampleForm(rule);
    expect(decodeInferenceForm(encodeInferenceForm(form))).toEqual(form);
  });

  test("gives back every bit of any finite weights, −0 and subnormals included", () => {
    const widths = fc.record({ dIn: fc.integer({ min: 1, max: 5 }), dSae: fc.integer({ min: 1, max: 6 }) });
    const forms = widths.chain(({ dIn, dSae }) => {
      const array = (length: number) =>
        fc
          .array(finiteFloat, { minLength: length, maxLength: length })
          .map((values) => Float32Array.from(values));
      return fc.record({
        dIn: fc.constant(dIn),
        dSae: fc.constant(dSae),
        encoder: array(dIn * dSae),
        encoderBias: array(dSae),
        decoder: array(dIn * dSae),
        decoderBias: array(dIn),
        threshold: array(dSae),
        subtractDecoderBias: fc.boolean(),
        activation: fc.constant({ kind: "jumprelu" } as const),
        madeBy: fc.record({
          architecture: fc.string({ unit: "binary" }),
          config: fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })),
        }),
      }) as fc.Arbitrary<InferenceForm>;
    });
    fc.assert(
      fc.property(forms, (form) => {
        const read = decodeInferenceForm(encodeInferenceForm(form));
        for (const name of ["encoder", "encoderBias", "decoder", "decoderBias", "threshold"] as const) {
          expect(bits(read[name] as Float32Array)).toEqual(bits(form[name] as Float32Array));
        }
        expect(read.madeBy).toEqual(form.madeBy);
        expect(read.subtractDecoderBias).toBe(form.subtractDecoderBias);
      }),
    );
    const odd = Float32Array.of(-0, 1e-45, -1.1754942e-38, 3.4028235e38);
    const form = { ...exampleForm(), encoderBias: odd };
    expect(bits(decodeInferenceForm(encodeInferenceForm(form)).encoderBias)).toEqual(bits(odd));
  });

  test("gives the same bytes for the same content, whatever the order of keys", () => {
    const form = exampleForm(rules[3]);
    const shuffled = Object.fromEntries(Object.entries(form).reverse()) as unknown as InferenceForm;
    const config = { auxk: { weight: 1 / 32, k: 2 }, width: 4 };
    const again = { ...shuffled, madeBy: { config, architecture: form.madeBy.architecture } };
    expect(encodeInferenceForm(again)).toEqual(encodeInferenceForm(form));
  });

  test("describes the SAE in a fixed order of keys", () => {
    const { "sae.json": text, "sae.safetensors": bytes } = encodeInferenceForm(
      exampleForm({ kind: "topk", k: 2 }),
    );
    expect(text).toBe(`{
  "format": "plumbline-sae",
  "version": 1,
  "dIn": 3,
  "dSae": 4,
  "activation": {
    "k": 2,
    "kind": "topk"
  },
  "subtractDecoderBias": true,
  "madeBy": {
    "architecture": "topk",
    "config": {
      "auxk": {
        "k": 2,
        "weight": 0.03125
      },
      "width": 4
    }
  },
  "tensors": {
    "bytes": ${bytes.length},
    "file": "sae.safetensors",
    "names": ["decoder", "decoderBias", "encoder", "encoderBias"],
    "sha256": "${sha256(bytes)}"
  }
}
`);
  });

  test("takes weights from the middle of larger buffers", () => {
    const form = exampleForm();
    const buffer = new Float32Array(20).fill(9);
    buffer.set(form.encoder, 5);
    const view = { ...form, encoder: buffer.subarray(5, 17) };
    expect(encodeInferenceForm(view)).toEqual(encodeInferenceForm(form));
  });

  test("refuses weights that are not finite, naming tensor and place", () => {
    const encoder = exampleForm().encoder.slice();
    encoder[7] = Number.NaN;
    const error = thrown(() => encodeInferenceForm({ ...exampleForm(), encoder }));
    expect(error).toMatchObject({ code: "not-finite", kind: "diverged", where: 'tensor "encoder"' });
    expect(error.message).toContain("row 2, column 1 is NaN");
    expect(error.hint).toBe("training diverged; the training state can still be saved");
    const threshold = Float32Array.of(0, 1, Number.POSITIVE_INFINITY, 0);
    expect(
      thrown(() => encodeInferenceForm({ ...exampleForm({ kind: "jumprelu" }), threshold })).message,
    ).toContain("element 2 is Infinity");
    const gated = exampleForm({ kind: "gated" });
    const magnitudeScale = { shape: [4], data: Float32Array.of(0, Number.NaN, 0, 0) };
    expect(
      thrown(() => encodeInferenceForm({ ...gated, extra: { ...gated.extra, magnitudeScale } })),
    ).toMatchObject({ code: "not-finite", kind: "diverged", where: 'tensor "extra/magnitudeScale"' });
  });

  test("refuses forms that could not be read back", () => {
    const form = exampleForm();
    const { threshold: _, ...withoutThreshold } = exampleForm({ kind: "jumprelu" });
    const cases: readonly (readonly [Partial<InferenceForm>, string])[] = [
      [{ encoder: new Float32Array(11) }, "shape-mismatch"],
      [{ decoderBias: new Float32Array(4) }, "shape-mismatch"],
      [{ encoder: new Float64Array(12) as unknown as Float32Array }, "dtype-mismatch"],
      [{ threshold: new Float32Array(4) }, "extra-tensor"],
      [{ extra: { gate: { shape: [1], data: new Float32Array(1) } } }, "extra-tensor"],
      [withoutThreshold, "missing-tensor"],
      [{ activation: { kind: "topk", k: 5 } }, "bad-form"],
      [{ activation: { kind: "topk", k: 0 } }, "bad-form"],
      [{ activation: { kind: "sigmoid" } as unknown as InferenceForm["activation"] }, "bad-form"],
      [{ dSae: 0 }, "bad-form"],
      [{ madeBy: { architecture: "x", config: { lr: Number.NaN } } }, "bad-json-value"],
    ];
    const { extra: _extra, ...withoutExtra } = exampleForm({ kind: "gated" });
    expect(thrown(() => encodeInferenceForm(withoutExtra))).toMatchObject({
      code: "missing-tensor",
      kind: "bug",
      where: 'tensor "extra/magnitudeBias"',
    });
    for (const [change, code] of cases) {
      const changed = { ...(code === "missing-tensor" ? {} : form), ...change } as InferenceForm;
      expect(thrown(() => encodeInferenceForm(changed))).toMatchObject({ code, kind: "bug" });
    }
  });
});
