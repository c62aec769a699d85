import { PlumblineError } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { defaultLimits } from "./limits.ts";
import { parseHeader } from "./parse-header.ts";
import { readSafetensors } from "./read-safetensors.ts";

/** A file with the given header text and so many data bytes. */
function fileOf(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (fields: { dtype?: string; shape?: string; offsets?: string } = {}): string =>
  `{"dtype":${fields.dtype ?? '"F32"'},"shape":${fields.shape ?? "[2]"},"data_offsets":${fields.offsets ?? "[0,8]"}}`;

function refusal(bytes: Uint8Array): PlumblineError {
  try {
    readSafetensors(bytes, { where: "x.safetensors" });
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

suite("readSafetensors() refuses", () => {
  const surrogate = '{"\\ud800":';
  test.each<[string, Uint8Array, string, string]>([
    ["no bytes", new Uint8Array(), "truncated-file", "expected at least 8 bytes, got 0"],
    ["less than a length", new Uint8Array(7), "truncated-file", "got 7"],
    ["no header", new Uint8Array(8), "bad-header", 'begin with "{"'],
    [
      "a header longer than the file",
      fileOf("{}", 0, 3n),
      "truncated-file",
      "said to take 3 bytes, the file has 2",
    ],
    ["a header of 2^64 - 1 bytes", fileOf("{}", 0, 2n ** 64n - 1n), "limit-exceeded", "18446744073709551615"],
    ["a header that is no JSON", fileOf("{nonsense"), "bad-header", 'got "n" (x.safetensors, byte 9)'],
    ["a header that is an array", fileOf("[]"), "bad-header", 'begin with "{"'],
    ["a header with a space in front", fileOf(" {}"), "bad-header", 'begin with "{"'],
    ["a header with a byte order mark", fileOf("\ufeff{}"), "bad-header", 'begin with "{"'],
    ["a header cut short", fileOf('{"x":{"dtype"'), "bad-header", "the end of the header"],
    ["a string without an end", fileOf('{"x'), "bad-header", "without an end"],
    ["a string that ends in a backslash", fileOf('{"x\\"'), "bad-header", "without an end"],
    ["a comma too many", fileOf(`{"x":${tensor()},}`, 8), "bad-header", "expected a key"],
    ["a comma in front", fileOf(`{,"x":${tensor()}}`, 8), "bad-header", "expected a key"],
    ["something after the header", fileOf("{}{}"), "bad-header", "nothing after the closing brace"],
    ["zero bytes as padding", fileOf("{}\0\0"), "bad-header", "nothing after the closing brace"],
    ["names that are not UTF-8", fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22)), "bad-header", "UTF-8"],
    ["half of a surrogate pair", fileOf(`${surrogate}${tensor()}}`, 8), "bad-header", "surrogate"],
    ["a control character", fileOf('{"a\tb":1}'), "bad-header", "not a valid JSON string"],
    ["the same tensor twice", fileOf(`{"x":${tensor()},"x":${tensor()}}`, 8), "duplicate-key", '"x"'],
    [
      "the same tensor twice, once escaped",
      fileOf(`{"x":${tensor()},"\\u0078":${tensor()}}`, 8),
      "duplicate-key",
      '"x"',
    ],
    [
      "the same field twice",
      fileOf('{"x":{"shape":[],"shape":[]}}'),
      "duplicate-key",
      '"shape" in tensor "x"',
    ],
    ["metadata twice", fileOf('{"__metadata__":{},"__metadata__":{}}'), "duplicate-key", "__metadata__"],
    ["a metadata key twice", fileOf('{"__metadata__":{"a":"1","a":"1"}}'), "duplicate-key", '"a"'],
    ["a tensor named __proto__", fileOf(`{"__proto__":${tensor()}}`, 8), "bad-header", "__proto__"],
    ["metadata named __proto__", fileOf('{"__metadata__":{"__proto__":"x"}}'), "bad-header", "__proto__"],
    ["a field named __proto__", fileOf('{"x":{"__proto__":[]}}'), "bad-header", "__proto__"],
    ["a field named constructor", fileOf('{"x":{"constructor":[]}}'), "bad-header", '"constructor"'],
    ["an unknown field", fileOf('{"x":{"strides":[1]}}'), "bad-header", '"strides"'],
    ["a number as metadata", fileOf('{"__metadata__":{"a":1}}'), "bad-header", 'metadata value of "a"'],
    ["metadata that are no object", fileOf('{"__metadata__":null}'), "bad-header", "__metadata__"],
    ["a tensor that is no object", fileOf('{"x":[]}'), "bad-header", 'tensor "x"'],
    [
      "a missing shape",
      fileOf('{"x":{"dtype":"F32","data_offsets":[0,4]}}'),
      "bad-header",
      "needs dtype, shape",
    ],
    ["one offset", fileOf(`{"x":${tensor({ offsets: "[0]" })}}`), "bad-header", "two data_offsets"],
    ["three offsets", fileOf(`{"x":${tensor({ offsets: "[0,8,8]" })}}`), "limit-exceeded", "at most 2"],
    [
      "an unknown dtype",
      fileOf(`{"x":${tensor({ dtype: '"F8_E4M3"' })}}`),
      "unknown-dtype",
      "expected one of BOOL, U8",
    ],
    [
      "a dtype that every object has",
      fileOf(`{"x":${tensor({ dtype: '"toString"' })}}`),
      "unknown-dtype",
      "toString",
    ],
    ["a dtype that is a number", fileOf(`{"x":${tensor({ dtype: "4" })}}`), "bad-header", "the dtype of"],
    ["a negative size", fileOf(`{"x":${tensor({ shape: "[-2]" })}}`), "bad-header", 'got "-2"'],
    ["a fractional size", fileOf(`{"x":${tensor({ shape: "[2.0]" })}}`), "bad-header", 'got "2.0"'],
    ["an exponent", fileOf(`{"x":${tensor({ shape: "[2e0]" })}}`), "bad-header", 'got "2e0"'],
    ["a leading zero", fileOf(`{"x":${tensor({ shape: "[02]" })}}`), "bad-header", 'got "02"'],
    [
      "a size of 2^53",
      fileOf(`{"x":${tensor({ shape: "[9007199254740992]" })}}`),
      "bad-header",
      "90071992547",
    ],
    [
      "a size of 10^30",
      fileOf(`{"x":${tensor({ shape: `[1${"0".repeat(30)}]` })}}`),
      "bad-header",
      "1000000",
    ],
    ["a text as a size", fileOf(`{"x":${tensor({ shape: '["2"]' })}}`), "bad-header", "an integer"],
    [
      "a product that overflows",
      fileOf(`{"x":${tensor({ shape: "[94906267,94906267]" })}}`),
      "bad-tensor",
      "too large",
    ],
    [
      "an overflow next to a zero",
      fileOf(`{"x":${tensor({ shape: "[0,94906267,94906267]", offsets: "[0,0]" })}}`),
      "bad-tensor",
      "too large",
    ],
    ["a negative offset", fileOf(`{"x":${tensor({ offsets: "[-1,7]" })}}`), "bad-header", 'got "-1"'],
    ["an end before its start", fileOf(`{"x":${tensor({ offsets: "[8,0]" })}}`, 8), "bad-tensor", "give -8"],
    [
      "bytes that do not fit the shape",
      fileOf(`{"x":${tensor({ offsets: "[0,4]" })}}`, 4),
      "bad-tensor",
      "takes 8 bytes",
    ],
    [
      "data cut short",
      fileOf(`{"x":${tensor()}}`, 7),
      "bad-layout",
      'the data area has 7 bytes (truncated?) (x.safetensors, tensor "x")',
    ],
    [
      "data beyond the tensors",
      fileOf(`{"x":${tensor()}}`, 9),
      "bad-layout",
      "take 8 bytes, the data area has 9",
    ],
    ["data without tensors", fileOf("{}", 1), "bad-layout", "take 0 bytes"],
    [
      "a gap in front",
      fileOf(`{"x":${tensor({ offsets: "[1,9]" })}}`, 9),
      "bad-layout",
      "0 to 1 belong to no tensor",
    ],
    [
      "a gap between",
      fileOf(`{"y":${tensor({ offsets: "[9,17]" })},"x":${tensor()}}`, 17),
      "bad-layout",
      "no gap",
    ],
    [
      "an overlap",
      fileOf(`{"x":${tensor()},"y":${tensor({ offsets: "[7,15]" })}}`, 15),
      "bad-layout",
      'to "x", expected no overlap',
    ],
    [
      "the same bytes twice",
      fileOf(`{"x":${tensor()},"y":${tensor()}}`, 8),
      "bad-layout",
      "expected no overlap",
    ],
    [
      "too many axes",
      fileOf(`{"x":${tensor({ shape: `[${"1,".repeat(16)}1]` })}}`),
      "limit-exceeded",
      "at most 16",
    ],
    [
      "a name too long",
      fileOf(`{"${"n".repeat(4097)}":${tensor()}}`),
      "limit-exceeded",
      "at most 4096 bytes, got 4097",
    ],
  ])("%s", (_, bytes, code, text) => {
    const error = refusal(bytes);
    expect(error).toMatchObject({ kind: "input", code });
    expect(error.message).toContain(text);
    expect(error.where).toContain("x.safetensors");
  });
});

suite("parseHeader()", () => {
  const parse = (header: string, dataBytes: number, limits = {}) =>
    parseHeader(new TextEncoder().encode(header), { dataBytes, where: "x", limits });

  test("takes white space between all tokens and after the end", () => {
    const header = ' {"x" : { "dtype" :"F32", "shape": [ 1 , 2 ] , "data_offsets":[0,\n8] } }\t\r\n  '.slice(
      1,
    );
    expect(parse(header, 8).tensors.get("x")).toEqual({
      name: "x",
      dtype: "F32",
      shape: [1, 2],
      byteStart: 0,
      byteEnd: 8,
    });
  });

  test("lists tensors in the order of their bytes, empty ones included", () => {
    const header = `{"b":${tensor({ offsets: "[8,16]" })},"none":${tensor({ shape: "[0]", offsets: "[8,8]" })},"a":${tensor()}}`;
    expect([...parse(header, 16).tensors.keys()]).toEqual(["a", "none", "b"]);
  });

  test("gives metadata that hold nothing but what the file says", () => {
    const { metadata } = parse('{"__metadata__":{"toString":"x"}}', 0);
    expect(metadata).toEqual(Object.assign(Object.create(null), { toString: "x" }));
    expect(parse("{}", 0).metadata.toString).toBeUndefined();
  });

  test.each([
    ["maxHeaderBytes", { maxHeaderBytes: 50 }],
    ["maxTensors", { maxTensors: 1 }],
    ["maxRank", { maxRank: 0 }],
    ["maxNameBytes", { maxNameBytes: 3 }],
  ])("keeps to a %s of the caller", (_, limits) => {
    const header = `{"a":${tensor()},"long":${tensor({ offsets: "[8,16]" })}}`;
    expect(parse(header, 16).tensors.size).toBe(2);
    expect(() => parse(header, 16, limits)).toThrow(expect.objectContaining({ code: "limit-exceeded" }));
    expect(Object.isFrozen(defaultLimits)).toBe(true);
  });
});
