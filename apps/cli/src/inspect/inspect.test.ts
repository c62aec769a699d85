import { appendFile, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "@plumbline/safetensors/node";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";

let folder: string;
beforeAll(async () => {
  folder = await workshop();
  await plumbline(folder, ["train", await writeConfig(folder)]);
});

const inspect = (path: string, ...argv: string[]) => plumbline(folder, ["inspect", path, ...argv]);

suite("plumbline inspect", () => {
  test("knows a store", async () => {
    const { exitCode, out } = await inspect("store");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^store\n.*hookPoint +toy\n.*rows +200\n.*dIn +8\n.*checksums +all right/s);
  });

  test("knows a run", async () => {
    const { exitCode, out } = await inspect("run");
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^run\n +status +completed\n.*steps +12 of 12, 8 tokens each\n.*latest +checkpoints\/step-00000012/s,
    );
  });

  test("knows a checkpoint, its norms and its alignment", async () => {
    const { exitCode, out } = await inspect("run/checkpoints/step-00000012");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^checkpoint\n.*activation +topk, k 2\n.*training state +after 12 steps/s);
    expect(out).toMatch(/decoder norm +1 +1 +1 +1 +1\n/);
  });

  test("knows a safetensors file and counts what is not finite", async () => {
    const a = { shape: [2, 2], data: Float32Array.of(3, Number.NaN, 4, 0) };
    await writeSafetensors(join(folder, "x.safetensors"), { a, b: { shape: [1], data: Int32Array.of(1) } });
    const { exitCode, io } = await inspect("x.safetensors", "--json");
    expect(exitCode).toBe(3);
    expect(io.lines()).toEqual([
      expect.objectContaining({
        type: "inspect-end",
        v: 1,
        kind: "safetensors",
        tensors: expect.arrayContaining([{ name: "a", dtype: "F32", shape: [2, 2], norm: 5, nNotFinite: 1 }]),
        problems: ["tensor a has 1 values that are not finite"],
      }),
    ]);
  });

  test("finds a damaged store and a damaged checkpoint: exit code 3", async () => {
    await cp(join(folder, "store"), join(folder, "damaged"), { recursive: true });
    const shard = join(folder, "damaged", "shard-00000.safetensors");
    const bytes = await readFile(shard);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(shard, bytes);
    const store = await inspect("damaged");
    expect(store.out).toMatch(/^store\nproblem: .*shard-00000/);
    expect(store.exitCode).toBe(3);
    await cp(join(folder, "run", "checkpoints", "step-00000012"), join(folder, "broken"), {
      recursive: true,
    });
    await appendFile(join(folder, "broken", "sae.safetensors"), "x");
    expect((await inspect("broken")).exitCode).toBe(3);
  });

  test("says so where it knows nothing, or nothing is there", async () => {
    await mkdir(join(folder, "empty"));
    const empty = await inspect("empty");
    expect([empty.exitCode, empty.err]).toEqual([
      3,
      expect.stringContaining("a folder that is nothing we know"),
    ]);
    const missing = await inspect("missing");
    expect([missing.exitCode, missing.err]).toEqual([3, expect.stringContaining("no such file or folder")]);
  });
});
