import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { encodeStoreManifest, parseStoreManifest, type StoreManifest } from "./manifest.ts";

const sha256 = "0123456789abcdef".repeat(4);
const manifest: StoreManifest = {
  format: "plumbline-activations",
  version: 2,
  source: "toy",
  hookPoint: "blocks.0.hook_resid_post",
  dIn: 4,
  dtype: "F32",
  nRows: 5,
  tokenIds: true,
  positions: false,
  provenance: { text: "a poem", nWords: 12, raw: true },
  statistics: { file: "statistics.safetensors", bytes: 90, sha256, meanSquaredNorm: 1.25 },
  shards: [
    { file: "shard-00000.safetensors", nRows: 3, bytes: 300, sha256, meanSquaredNorm: 1.5 },
    { file: "shard-00001.safetensors", nRows: 2, bytes: 200, sha256, meanSquaredNorm: 0.875 },
  ],
};
const plain = (): Record<string, unknown> => JSON.parse(JSON.stringify(manifest));
const parse = (value: unknown) => parseStoreManifest(value, { where: "store.json" });

/** The manifest with one value replaced at a path of keys, or taken out. */
function altered(path: string, value: unknown): unknown {
  const copy = plain();
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = copy as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

suite("encodeStoreManifest()", () => {
  test("gives what parseStoreManifest reads", () => {
    expect(parse(JSON.parse(encodeStoreManifest(manifest)))).toEqual(manifest);
    const { hookPoint: _, ...without } = manifest;
    expect(parse(JSON.parse(encodeStoreManifest(without)))).toEqual(without);
  });

  test("does not depend on the order of keys, and ends with a line end", () => {
    const { shards, ...rest } = manifest;
    const reordered = { shards, ...rest, provenance: { raw: true, nWords: 12, text: "a poem" } };
    expect(encodeStoreManifest(reordered)).toBe(encodeStoreManifest(manifest));
    expect(encodeStoreManifest(manifest).endsWith("}\n")).toBe(true);
  });

  test("refuses provenance that JSON cannot hold", () => {
    expect(() => encodeStoreManifest({ ...manifest, provenance: { speed: Number.NaN } })).toThrow(
      /provenance.speed is NaN/,
    );
  });
});

suite("a manifest of version 1", () => {
  const { shards, ...rest } = manifest;
  const first: StoreManifest = {
    ...rest,
    version: 1,
    shards: shards.map(({ meanSquaredNorm: _, ...shard }) => shard),
  };

  test("is read and written as it was", () => {
    expect(parse(JSON.parse(encodeStoreManifest(first)))).toEqual(first);
    expect(JSON.parse(encodeStoreManifest(first)).version).toBe(1);
  });

  test("has float32 only and nothing that came later", () => {
    for (const other of [
      { ...first, dtype: "F16" },
      { ...first, shards },
    ]) {
      expect(() => parse(other)).toThrow(expect.objectContaining({ code: "bad-manifest" }));
    }
  });
});

suite("parseStoreManifest()", () => {
  test("tells another kind of file from another version", () => {
    for (const value of [null, 7, [], {}, { format: "plumbline-sae", version: 1 }]) {
      expect(() => parse(value)).toThrow(expect.objectContaining({ code: "foreign-format", kind: "input" }));
    }
    for (const version of [3, 0, "1", undefined]) {
      expect(() => parse(altered("version", version))).toThrow(
        expect.objectContaining({ code: "foreign-version", kind: "input" }),
      );
    }
  });

  const hostile: readonly (readonly [string, unknown])[] = [
    ["shards.0.file", "../../etc/passwd.safetensors"],
    ["shards.0.file", "/etc/shadow.safetensors"],
    ["shards.0.file", "a/../b.safetensors"],
    ["shards.0.file", "..\\b.safetensors"],
    ["shards.0.file", "C:b.safetensors"],
    ["shards.0.file", ".hidden.safetensors"],
    ["shards.0.file", "a\0b.safetensors"],
    ["shards.0.file", "a\nb.safetensors"],
    ["shards.0.file", "store.json"],
    ["shards.0.file", ""],
    ["shards.0.file", `${"a".repeat(200)}.safetensors`],
    ["shards.1.file", "shard-00000.safetensors"],
    ["shards.1.file", "statistics.safetensors"],
    ["statistics.file", "../statistics.safetensors"],
    ["shards.0.nRows", -3],
    ["shards.0.nRows", 0],
    ["shards.0.nRows", 1e300],
    ["shards.0.nRows", 2.5],
    ["shards.0.bytes", -1],
    ["shards.0.bytes", 59],
    ["shards.0.bytes", 2 ** 60],
    ["shards.0.sha256", "0".repeat(63)],
    ["shards.0.sha256", "G".repeat(64)],
    ["shards.0.extra", 1],
    ["shards", []],
    ["shards", {}],
    ["shards.0", null],
    ["nRows", 6],
    ["nRows", -5],
    ["nRows", 2 ** 32],
    ["dIn", 0],
    ["dIn", 2 ** 21],
    ["dIn", "4"],
    ["dtype", "F64"],
    ["tokenIds", 1],
    ["provenance", null],
    ["provenance.text", {}],
    ["provenance.text", null],
    ["statistics.meanSquaredNorm", -1],
    ["statistics.meanSquaredNorm", null],
    ["hookPoint", 3],
    ["source", undefined],
  ];
  test.each(hostile)("refuses %s = %j, naming the key", (path, value) => {
    let error: unknown;
    try {
      parse(altered(path, value));
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: "bad-manifest", kind: "input" });
    const place = (error as PlumblineError).where ?? "";
    expect(place.startsWith("store.json")).toBe(true);
    // An added key is named in the message, a total that does not fit by the total's key.
    const named = `${place} ${(error as PlumblineError).what}`;
    expect(named).toContain(path.split(".").findLast((key) => key !== "text" && !/^\d+$/.test(key)));
  });

  test("refuses unknown keys with the nearest known one", () => {
    expect(() => parse(altered("hookpoint", "x"))).toThrow(
      /unknown key "hookpoint".*did you mean "hookPoint"/,
    );
  });

  test("reads a key named __proto__ as a key", () => {
    const text = encodeStoreManifest(manifest).replace('"nWords": 12', '"__proto__": 12');
    const read = parse(JSON.parse(text));
    expect(Object.getPrototypeOf(read.provenance)).toBe(Object.prototype);
    expect(Object.keys(read.provenance)).toContain("__proto__");
  });

  test("answers any change of a value with a manifest or a named error, never with another failure", () => {
    const paths = hostile.map(([path]) => path).filter((path) => !path.endsWith("extra"));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        try {
          const read = parse(altered(path, value));
          expect(read.shards.reduce((sum, shard) => sum + shard.nRows, 0)).toBe(read.nRows);
        } catch (error) {
          expect(PlumblineError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});
