import { readFileSync } from "node:fs";
import { expect, describe as suite, test } from "vitest";
import { encodeSafetensors, type TensorToWrite } from "./encode-safetensors.ts";
import { readSafetensors } from "./read-safetensors.ts";

/** Written by safetensors 0.8.0 for Python: see tools/golden/make_safetensors_fixture.py. */
const path = new URL("../../../fixtures/safetensors/reference.safetensors", import.meta.url);
const reference = new Uint8Array(readFileSync(path));

suite("the reference library's file", () => {
  test("says what made it", () => {
    const { metadata } = readSafetensors(reference);
    expect(JSON.parse(metadata['made "by"'] ?? "")).toMatchObject({
      library: "safetensors 0.8.0, numpy 2.4.6, ml_dtypes 0.6.0",
      seed: 20240607,
      'é "quoted"': "tab\t, bell\u0007, delete\u007f, slash/",
    });
  });

  test("is written again byte for byte, from tensors in any order", () => {
    const file = readSafetensors(reference);
    const entries = [...file.tensors.values()].map(({ name, dtype, shape }): [string, TensorToWrite] => [
      name,
      { dtype, shape, data: file.bytes(name) },
    ]);
    expect(encodeSafetensors(Object.fromEntries(entries), file.metadata)).toEqual(reference);
    expect(encodeSafetensors(Object.fromEntries(entries.reverse()), file.metadata)).toEqual(reference);
  });

  test.each(["f16", "bf16", "f64"])("gives %s as NumPy does in float32", (name) => {
    const file = readSafetensors(reference);
    expect(file.float32(name)).toEqual(file.float32(`${name} as f32`));
    expect(file.float32(name).shape).toEqual([3, 5]);
  });

  test("gives small integers and booleans as int32", () => {
    const file = readSafetensors(reference);
    const view = new Int8Array(file.bytes("i8").slice().buffer);
    expect([...file.int32("i8").data]).toEqual([...view]);
    expect([...file.int32("bool").data].every((value) => value === 0 || value === 1)).toBe(true);
    expect(file.int32("i16").shape).toEqual([2, 3]);
  });

  test("has a scalar without axes and a tensor without elements", () => {
    const file = readSafetensors(reference);
    expect(file.float32("scalar")).toEqual({ shape: [], data: Float32Array.of(0.1) });
    expect(file.float32("empty")).toEqual({ shape: [0, 4], data: new Float32Array() });
  });
});
