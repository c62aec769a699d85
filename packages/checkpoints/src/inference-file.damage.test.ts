import type { InferenceForm } from "@plumbline/core";
import { encodeSafetensors, type TensorToWrite } from "@plumbline/safetensors";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { bits, exampleForm, rules, thrown } from "./checkpoint.test-kit.ts";
import { decodeInferenceForm, encodeInferenceForm, type InferenceFiles } from "./inference-file.ts";
import { sha256 } from "./sha256.ts";

/** Files of an SAE with other tensors, and a description that is true of them. */
function withTensors(
  form: InferenceForm,
  change: (tensors: Record<string, TensorToWrite>) => void,
): InferenceFiles {
  const { dIn, dSae, encoder, encoderBias, decoder, decoderBias } = form;
  const tensors: Record<string, TensorToWrite> = {
    encoder: { shape: [dSae, dIn], data: encoder },
    encoderBias: { shape: [dSae], data: encoderBias },
    decoder: { shape: [dSae, dIn], data: decoder },
    decoderBias: { shape: [dIn], data: decoderBias },
  };
  change(tensors);
  const bytes = encodeSafetensors(tensors);
  const description = JSON.parse(encodeInferenceForm(form)["sae.json"]);
  description.tensors = {
    file: "sae.safetensors",
    bytes: bytes.length,
    sha256: sha256(bytes),
    names: Object.keys(tensors),
  };
  return { "sae.safetensors": bytes, "sae.json": JSON.stringify(description) };
}

/** Files of the example SAE whose description was changed at a path of keys; `undefined` takes the key out. */
function altered(
  path: string,
  value: unknown,
  form: InferenceForm = exampleForm({ kind: "topk", k: 2 }),
): InferenceFiles {
  const files = encodeInferenceForm(form);
  const description = JSON.parse(files["sae.json"]);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const owner = keys.reduce((at, key) => at[key], description);
  if (value === undefined) delete owner[last];
  else owner[last] = value;
  return { ...files, "sae.json": JSON.stringify(description) };
}

suite("decodeInferenceForm() on damaged and hostile files", () => {
  const decode = (files: InferenceFiles) => decodeInferenceForm(files, { where: "runs/a" });
  const refused = (files: InferenceFiles) => thrown(() => decode(files));

  const hostile: readonly (readonly [string, unknown, string])[] = [
    ["format", "plumbline-training-state", "foreign-format"],
    ["format", undefined, "foreign-format"],
    ["version", 2, "foreign-version"],
    ["version", undefined, "foreign-version"],
    ["dIn", 0, "bad-description"],
    ["dIn", 3.5, "bad-description"],
    ["dIn", "3", "bad-description"],
    ["dIn", 2 ** 40, "bad-description"],
    ["dIn", 4, "shape-mismatch"],
    ["dSae", -4, "bad-description"],
    ["dSae", 5, "shape-mismatch"],
    ["activation", "relu", "bad-description"],
    ["activation.kind", "batchtopk", "unknown-activation"],
    ["activation.kind", "__proto__", "unknown-activation"],
    ["activation", { kind: "jumprelu" }, "missing-tensor"],
    ["activation", { kind: "gated" }, "missing-tensor"],
    ["activation", { kind: "gated", k: 2 }, "bad-description"],
    ["activation", { kind: "relu", k: 2 }, "bad-description"],
    ["activation.k", 5, "bad-description"],
    ["activation.k", 0, "bad-description"],
    ["activation.k", undefined, "bad-description"],
    ["activation.l", 5, "bad-description"],
    ["subtractDecoderBias", 1, "bad-description"],
    ["madeBy", null, "bad-description"],
    ["madeBy.config", [], "bad-description"],
    ["madeBy.by", "me", "bad-description"],
    ["tensors.file", "../../secret.safetensors", "bad-description"],
    ["tensors.sha256", "zz", "bad-description"],
    ["tensors.sha256", "0".repeat(64), "altered-file"],
    ["tensors.bytes", 100_000, "truncated-file"],
    ["tensors.bytes", 9, "altered-file"],
    ["tensors.bytes", -1, "bad-description"],
    ["tensors.names", ["encoder"], "extra-tensor"],
    ["tensors.names", ["decoder", "decoderBias", "encoder", "encoderBias", "gate"], "missing-tensor"],
    ["tensors.names", [1], "bad-description"],
    ["extra", 1, "bad-description"],
  ];
  test.each(hostile)("refuses %s = %j", (path, value, code) => {
    const error = refused(altered(path, value));
    expect(error).toMatchObject({ code, kind: "input" });
    // The file is always named, the key wherever the description itself is at fault.
    expect(error.where).toMatch(/^runs\/a\/sae\.(json|safetensors)/);
    if (code === "bad-description" || code === "unknown-activation") {
      expect(`${error.where} ${error.what}`).toContain(path.split(".").at(-1));
    }
  });

  test("refuses configurations nested without end", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`);
    expect(refused(altered("madeBy.config", deep))).toMatchObject({
      code: "bad-description",
      where: "runs/a/sae.json, key madeBy.config",
    });
  });

  test("names the nearest known rule and key", () => {
    expect(refused(altered("activation.kind", "topk2")).hint).toContain(
      'did you mean "topk"? Known: relu, topk',
    );
    expect(refused(altered("subtractDecoderbias", true)).hint).toContain(
      'did you mean "subtractDecoderBias"?',
    );
  });

  test("refuses text that is no JSON, and text without end", () => {
    const files = encodeInferenceForm(exampleForm());
    expect(refused({ ...files, "sae.json": "{" })).toMatchObject({
      code: "bad-json",
      where: "runs/a/sae.json",
    });
    expect(refused({ ...files, "sae.json": " ".repeat(2 ** 24 + 1) })).toMatchObject({ code: "bad-json" });
    expect(refused({ ...files, "sae.json": "[".repeat(2 ** 20) })).toMatchObject({ code: "bad-json" });
  });

  test("refuses tensors that do not fit, however true their checksum", () => {
    const form = exampleForm();
    const zeros = (...shape: number[]): TensorToWrite => ({
      shape,
      data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
    });
    const cases: readonly (readonly [string, TensorToWrite | undefined, string])[] = [
      ["encoder", undefined, "missing-tensor"],
      ["encoder", zeros(3, 4), "shape-mismatch"],
      ["encoder", zeros(12), "shape-mismatch"],
      ["encoderBias", zeros(4, 1), "shape-mismatch"],
      ["decoderBias", { shape: [3], data: new Int32Array(3) }, "dtype-mismatch"],
      ["decoderBias", { shape: [3], data: new Uint16Array(3), dtype: "F16" }, "dtype-mismatch"],
      ["threshold", zeros(4), "extra-tensor"],
      ["extra/gate", zeros(4), "extra-tensor"],
      ["W_enc", zeros(3, 4), "extra-tensor"],
      ["decoder", { shape: [4, 3], data: new Float32Array(12).fill(Number.NaN, 5) }, "not-finite"],
    ];
    for (const [name, tensor, code] of cases) {
      const files = withTensors(form, (tensors) => {
        if (tensor === undefined) delete tensors[name];
        else tensors[name] = tensor;
      });
      expect(refused(files)).toMatchObject({
        code,
        kind: "input",
        where: `runs/a/sae.safetensors, tensor "${name}"`,
      });
    }
    expect(decode(withTensors(form, () => undefined))).toEqual(form);
  });

  test("refuses a gated SAE whose magnitudes do not fit its latents", () => {
    const form = exampleForm({ kind: "gated" });
    const scale = form.extra?.magnitudeScale as TensorToWrite;
    const bias = form.extra?.magnitudeBias as TensorToWrite;
    const cases: readonly (readonly [string, TensorToWrite | undefined, string])[] = [
      ["extra/magnitudeScale", undefined, "missing-tensor"],
      ["extra/magnitudeBias", undefined, "missing-tensor"],
      ["extra/magnitudeBias", { shape: [3], data: new Float32Array(3) }, "shape-mismatch"],
      ["extra/magnitudeScale", { shape: [4, 1], data: new Float32Array(4) }, "shape-mismatch"],
      ["extra/magnitudeBias", { shape: [4], data: new Int32Array(4) }, "dtype-mismatch"],
      ["extra/magnitudeScale", { shape: [4], data: new Float32Array(4).fill(Number.NaN) }, "not-finite"],
      ["extra/gate", { shape: [4], data: new Float32Array(4) }, "extra-tensor"],
      ["threshold", { shape: [4], data: new Float32Array(4) }, "extra-tensor"],
    ];
    const files = (change: (tensors: Record<string, TensorToWrite>) => void): InferenceFiles =>
      withTensors(form, (tensors) => {
        Object.assign(tensors, { "extra/magnitudeScale": scale, "extra/magnitudeBias": bias });
        change(tensors);
      });
    for (const [name, tensor, code] of cases) {
      const changed = files((tensors) => {
        if (tensor === undefined) delete tensors[name];
        else tensors[name] = tensor;
      });
      const where = `runs/a/sae.safetensors, tensor "${name}"`;
      expect(refused(changed)).toMatchObject({ code, kind: "input", where });
    }
    expect(decode(files(() => undefined))).toEqual(form);
  });

  test("tells a truncated tensor file from an altered one", () => {
    const files = encodeInferenceForm(exampleForm());
    const bytes = files["sae.safetensors"];
    expect(refused({ ...files, "sae.safetensors": bytes.subarray(0, -1) }).code).toBe("truncated-file");
    const flipped = bytes.slice();
    flipped[bytes.length - 1] = (flipped.at(-1) ?? 0) ^ 0x80;
    expect(refused({ ...files, "sae.safetensors": flipped }).code).toBe("altered-file");
  });

  test("answers any damage with a named error, never with another failure or a wrong SAE", () => {
    const form = exampleForm(rules[3]);
    const files = encodeInferenceForm(form);
    const text = new TextEncoder().encode(files["sae.json"]);
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    const damage = (bytes: Uint8Array, places: readonly (readonly [number, number])[]): Uint8Array => {
      const copy = bytes.slice();
      for (const [place, value] of places) copy[place % copy.length] = value;
      return copy;
    };
    let nWhole = 0;
    const attempt = (broken: InferenceFiles): void => {
      try {
        const read = decode(broken);
        nWhole++;
        // Only what a checksum does not cover may differ: flags, names and configurations in the text.
        expect(bits(read.encoder)).toEqual(bits(form.encoder));
        expect([read.dIn, read.dSae]).toEqual([form.dIn, form.dSae]);
      } catch (error) {
        expect(error).toMatchObject({ name: "PlumblineError", kind: "input" });
      }
    };
    fc.assert(
      fc.property(edits, (places) => {
        attempt({ ...files, "sae.json": new TextDecoder().decode(damage(text, places)) });
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(edits, (places) => {
        attempt({ ...files, "sae.safetensors": damage(files["sae.safetensors"], places) });
      }),
    );
    fc.assert(
      // With a checksum made to fit, the header itself is what is tried.
      fc.property(edits, (places) => {
        const bytes = damage(
          files["sae.safetensors"],
          places.map(([place, value]) => [place % 400, value] as const),
        );
        const description = JSON.parse(files["sae.json"]);
        description.tensors.sha256 = sha256(bytes);
        try {
          decode({ "sae.safetensors": bytes, "sae.json": JSON.stringify(description) });
        } catch (error) {
          expect(error).toMatchObject({ name: "PlumblineError", kind: "input" });
        }
      }),
      { numRuns: 500 },
    );
    expect(nWhole).toBeGreaterThan(0);
  });
});
