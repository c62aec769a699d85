import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, describe as suite, test } from "vitest";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";

let folder: string;
beforeEach(async () => {
  folder = await workshop();
});

suite("plumbline train refuses", () => {
  test.each<[string, object, RegExp]>([
    [
      "a misspelt key",
      { trainer: { nSteps: 3, batchsize: 4 } },
      /where: c.json:\d+, key trainer.batchsize\nto do: did you mean "batchSize"\?/,
    ],
    [
      "a misspelt option of the architecture",
      { architecture: { name: "topk", dSae: 4, kk: 2 } },
      /key architecture.kk\nto do: did you mean "k"\?/,
    ],
    [
      "an unknown architecture",
      { architecture: { name: "topkk", dSae: 4 } },
      /key architecture.name\nto do: did you mean "topk"\?/,
    ],
    [
      "an unknown row map",
      { architecture: { name: "topk", dSae: 4, aligned: { map: "projektion" } } },
      /did you mean "projection"\?/,
    ],
    ["an unknown scalar", { schedules: { lr: 1, sparsity: 1 } }, /no scalar is named "sparsity"/],
    ["a broken schedule", { schedules: { lr: { kind: "constant" } } }, /key schedules.lr/],
    ["a run without a learning rate", { schedules: {} }, /expected a schedule for lr/],
    ["both nTokens and nSteps", { trainer: { nSteps: 3, nTokens: 4 } }, /nTokens or nSteps/],
    ["a k above dSae", { architecture: { name: "topk", k: 99, dSae: 4 } }, /key architecture.k\n/],
    ["an unknown backend", { backend: "tfjs-cpo" }, /did you mean "tfjs-cpu"\?/],
  ])("%s, with exit code 2 and nothing written", async (_, changes, message) => {
    const { exitCode, err } = await plumbline(folder, ["train", await writeConfig(folder, changes)]);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(3);
    expect(exitCode).toBe(2);
    expect((await readdir(folder)).sort()).toEqual(["c.json", "store"]);
  });

  test("an output that exists, a missing store, a damaged store", async () => {
    const config = await writeConfig(folder);
    const taken = await plumbline(folder, ["train", config, "--out", "store"]);
    expect([taken.exitCode, taken.err]).toEqual([2, expect.stringContaining("output exists already")]);
    expect((await plumbline(folder, ["train", config, "--activations", "no"])).exitCode).toBe(3);
    await writeFile(join(folder, "store", "shard-00000.safetensors"), "damaged");
    expect((await plumbline(folder, ["train", config])).exitCode).toBe(3);
  });

  test("no configuration at all", async () => {
    const { exitCode, err } = await plumbline(folder, ["train"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("expected a configuration")]);
  });

  test("to go on when the loss is not finite: exit code 5, state kept to look at", async () => {
    const config = await writeConfig(folder, {
      schedules: { lr: 1e30 },
      trainer: { nSteps: 12, batchSize: 8, clipNorm: "none" },
    });
    const { exitCode, io } = await plumbline(folder, ["train", config, "--json"]);
    expect(exitCode).toBe(5);
    expect(io.lines().at(-1)).toMatchObject({ type: "error", code: "diverged", exitCode: 5 });
    const names = await readdir(join(folder, "run", "checkpoints"));
    expect(names.filter((name) => name.startsWith("diverged-"))).toHaveLength(1);
    const again = await plumbline(folder, ["train", "--resume", "run"]);
    expect([again.exitCode, again.err]).toEqual([2, expect.stringContaining("the run diverged")]);
  });
});
