import { expect, describe as suite, test } from "vitest";
import { encodeSafetensors, type TensorToWrite } from "./encode-safetensors.ts";

suite("encodeSafetensors()", () => {
  test("writes the length, the header padded to 8 bytes, and little-endian data", () => {
    const bytes = encodeSafetensors({ x: { shape: [1], data: Float32Array.of(1) } });
    const header = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    // 54 characters, padded by 2 spaces to 56; 1 is 0x3f800000 in float32.
    expect(header.length).toBe(54);
    expect(bytes).toEqual(
      Uint8Array.of(56, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(`${header}  `), 0, 0, 0x80, 0x3f),
    );
  });

  test("stores wide elements first, equal ones by code point", () => {
    const one = { shape: [1], data: Uint8Array.of(0) };
    const bytes = encodeSafetensors({
      // UTF-16 puts the pair D83D DE00 before FB01; by code point 0x1F600 comes after.
      "\u{1f600}": one,
      "\ufb01": one,
      z: { shape: [1], data: Float32Array.of(0) },
      "": one,
      aa: one,
      a: one,
    });
    const json = new TextDecoder().decode(bytes.subarray(8, 8 + (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0)));
    expect([...Object.keys(JSON.parse(json))]).toEqual(["z", "", "a", "aa", "\ufb01", "\u{1f600}"]);
  });

  test("takes a part of a larger buffer", () => {
    const whole = Float32Array.of(9, 1, 2, 9);
    const bytes = encodeSafetensors({ x: { shape: [2], data: whole.subarray(1, 3) } });
    expect(bytes.subarray(-8)).toEqual(new Uint8Array(Float32Array.of(1, 2).buffer));
  });

  const data = Float32Array.of(1, 2);
  test.each<[string, Record<string, TensorToWrite>, Record<string, string> | undefined, string]>([
    ["a shape of another length", { x: { shape: [3], data } }, undefined, "shape-mismatch"],
    ["a negative size", { x: { shape: [-2], data } }, undefined, "bad-tensor"],
    ["a fractional size", { x: { shape: [0.5, 4], data } }, undefined, "bad-tensor"],
    ["floats as integers", { x: { shape: [2], data, dtype: "I32" } }, undefined, "dtype-mismatch"],
    [
      "a dtype that does not exist",
      { x: { shape: [2], data, dtype: "F8" as "F32" } },
      undefined,
      "dtype-mismatch",
    ],
    ["the name of the metadata", { __metadata__: { shape: [2], data } }, undefined, "bad-tensor"],
    ["__proto__ as a name", { ["__proto__"]: { shape: [2], data } }, undefined, "bad-name"],
    ["half of a surrogate pair", { "\ud800": { shape: [2], data } }, undefined, "bad-name"],
    ["metadata that are no text", {}, { n: 1 as unknown as string }, "bad-metadata"],
    ["metadata with half of a surrogate pair", {}, { n: "\udc00" }, "bad-metadata"],
    ["a metadata key __proto__", {}, { ["__proto__"]: "x" }, "bad-name"],
    [
      "a plain array",
      { x: { shape: [1], data: [1] as unknown as Float32Array } },
      undefined,
      "dtype-mismatch",
    ],
  ])("refuses %s", (_, tensors, metadata, code) => {
    expect(() => encodeSafetensors(tensors, metadata)).toThrow(
      expect.objectContaining({ code, kind: "usage" }),
    );
  });
});
