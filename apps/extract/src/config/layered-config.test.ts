import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { z } from "zod";
import { loadConfigDocument } from "./config-document.ts";
import { layerConfig } from "./layered-config.ts";
import { parseSetValue, withoutValue, withValue } from "./set-values.ts";

const schema = z.strictObject({
  trainer: z.strictObject({
    batchSize: z.int().default(8),
    nSteps: z.int().optional(),
    nTokens: z.int().optional(),
  }),
  out: z.string().default("nowhere"),
});

async function folderWith(text: string, name = "c.json"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-config-"));
  await writeFile(join(folder, name), text);
  return folder;
}

async function refusal(work: () => unknown): Promise<PlumblineError> {
  try {
    await work();
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

suite("layered configuration", () => {
  test("defaults give way to the file, the file to --set, --set to flags", async () => {
    const folder = await folderWith('{ "trainer": { "batchSize": 1 } }');
    const document = await loadConfigDocument("c.json", folder);
    const parse = (set: string[], value?: number) =>
      layerConfig({
        document,
        cwd: folder,
        set,
        flags: { "trainer.batchSize": { flag: "--batch", value } },
      }).parse(schema, "[x] config").trainer.batchSize;
    const bare = layerConfig({ document: { ...document, value: { trainer: {} } }, cwd: folder });
    expect(bare.parse(schema, "x").trainer.batchSize).toBe(8);
    expect(parse([])).toBe(1);
    expect(parse(["trainer.batchSize=2"])).toBe(2);
    expect(parse(["trainer.batchSize=2"], 3)).toBe(3);
  });

  test("paths start from the file's folder in the file and from the working folder on the command line", async () => {
    const folder = await folderWith('{ "trainer": {}, "out": "a" }');
    const document = await loadConfigDocument("c.json", folder);
    const out = (set: string[]) =>
      layerConfig({ document, cwd: "/elsewhere", set, paths: ["out"] }).parse(schema, "x").out;
    expect(out([])).toBe(join(folder, "a"));
    expect(out(["out=b"])).toBe("/elsewhere/b");
  });

  test("a later layer's key takes the place of an earlier layer's rival", async () => {
    const folder = await folderWith('{ "trainer": { "nTokens": 100 } }');
    const document = await loadConfigDocument("c.json", folder);
    const rivals = [["trainer.nTokens", "trainer.nSteps"]];
    const layers = layerConfig({ document, cwd: folder, set: ["trainer.nSteps=5"], rivals });
    expect(layers.parse(schema, "x").trainer).toEqual({ batchSize: 8, nSteps: 5 });
  });

  test("an unknown key is refused with its line and the nearest known key", async () => {
    const folder = await folderWith('{\n  "trainer": {\n    "batchsize": 4\n  }\n}');
    const document = await loadConfigDocument("c.json", folder);
    const error = await refusal(() => layerConfig({ document, cwd: folder }).parse(schema, "[x] config"));
    expect(error.where).toBe("c.json:3, key trainer.batchsize");
    expect(error.hint).toMatch(/^did you mean "batchSize"\?/);
  });

  test("a wrong value names who said it", async () => {
    const folder = await folderWith('{\n  "trainer": { "batchSize": "many" }\n}');
    const document = await loadConfigDocument("c.json", folder);
    const parse = (set: string[]) => layerConfig({ document, cwd: folder, set }).parse(schema, "[x] config");
    expect((await refusal(() => parse([]))).where).toBe("c.json:2, key trainer.batchSize");
    expect((await refusal(() => parse(["trainer.batchSize=few"]))).where).toBe(
      "--set trainer.batchSize=few, key trainer.batchSize",
    );
  });
});

suite("loadConfigDocument()", () => {
  test("reads a module's default export", async () => {
    const folder = await folderWith("export default { trainer: { batchSize: 2 * 3 } };", "c.mjs");
    expect((await loadConfigDocument("c.mjs", folder)).value).toEqual({ trainer: { batchSize: 6 } });
  });

  test("refuses what is no configuration, always as usage", async () => {
    const folder = await folderWith('{ "a": 1,, }');
    await writeFile(join(folder, "array.json"), "[]");
    await writeFile(join(folder, "empty.mjs"), "export const a = 1;");
    await writeFile(join(folder, "broken.mjs"), "export default {");
    for (const [name, code, where] of [
      ["c.json", "bad-config", "c.json:1:10"],
      ["array.json", "bad-config", "array.json"],
      ["empty.mjs", "bad-config", "empty.mjs"],
      ["broken.mjs", "bad-config", "broken.mjs"],
      ["missing.json", "no-such-config", "missing.json"],
      [".", "no-such-config", "."],
    ] as const) {
      const error = await refusal(() => loadConfigDocument(name, folder));
      expect([name, error.code, error.kind, error.where]).toEqual([name, code, "usage", where]);
    }
  });
});

suite("--set", () => {
  test("takes JSON where it is JSON, else text", () => {
    expect(parseSetValue("a.b=3")).toEqual({ key: "a.b", value: 3 });
    expect(parseSetValue("a=x=y")).toEqual({ key: "a", value: "x=y" });
    expect(parseSetValue('a={"kind":"constant"}').value).toEqual({ kind: "constant" });
  });

  test("refuses text without a key and keys that reach for prototypes", () => {
    for (const text of ["", "=3", "a", "a..b=1", "__proto__.x=1", "a.constructor=1"]) {
      expect(() => parseSetValue(text), text).toThrow(/expected key=value/);
    }
  });

  test("makes objects on the way and leaves its input alone", () => {
    const config = { a: { b: 1 } };
    expect(withValue(config, "a.c.d", 2)).toEqual({ a: { b: 1, c: { d: 2 } } });
    expect(withoutValue(config, "a.b")).toEqual({ a: {} });
    expect(withoutValue(config, "x.y")).toEqual(config);
    expect(config).toEqual({ a: { b: 1 } });
  });
});
