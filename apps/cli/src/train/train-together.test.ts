import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { interruption } from "@plumbline/extract/terminal";
import { beforeEach, expect, describe as suite, test } from "vitest";
import { checkpointBytes, logLines, plumbline, toyConfig, workshop } from "../commands.test-support.ts";

let folder: string;
beforeEach(async () => {
  folder = await workshop();
});

/** Writes a configuration under a name; without an output of its own. */
async function config(name: string, changes: object = {}): Promise<string> {
  const { out: _, ...rest } = toyConfig(changes) as { out: string };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(rest));
  return `${name}.json`;
}

const wide = { architecture: { name: "topk", k: 2, dSae: 24, aligned: true } };

suite("plumbline train with several configurations", () => {
  test("ends with the bytes that each run has when it is trained alone", async () => {
    const paths = [
      await config("small"),
      await config("wide", { ...wide, seed: 4, activations: { store: "store", seed: 0 } }),
    ];
    const together = await plumbline(folder, ["train", ...paths, "--out", "both"]);
    expect([together.exitCode, together.err]).toEqual([0, expect.stringContaining("wide · ")]);
    for (const path of paths) await plumbline(folder, ["train", path, "--out", `alone/${path}`]);
    for (const name of ["small", "wide"]) {
      expect(await checkpointBytes(join(folder, "both", name), 12)).toEqual(
        await checkpointBytes(join(folder, "alone", `${name}.json`), 12),
      );
    }
  });

  test("says of every line of --json which run it is of", async () => {
    const paths = [await config("small"), await config("wide", wide)];
    const { io } = await plumbline(folder, ["train", ...paths, "--out", "both", "--json"]);
    for (const name of ["small", "wide"]) {
      const lines = io.lines().filter(({ run }) => run === name);
      expect(lines.map(({ type }) => type)).toEqual(
        (await logLines(join(folder, "both", name))).map(({ type }) => type),
      );
    }
    expect(io.lines().every(({ run }) => run === "small" || run === "wide")).toBe(true);
  });

  test("stops all when asked, and each goes on alone to the same end", async () => {
    const paths = [await config("small"), await config("wide", wide)];
    await plumbline(folder, ["train", ...paths, "--out", "straight"]);
    const stop = new AbortController();
    const stopped = await plumbline(folder, ["train", ...paths, "--out", "both", "--json"], {
      signal: stop.signal,
      onOut: (text) => {
        if (text.includes('"type":"checkpoint-saved"')) stop.abort(interruption("SIGINT"));
      },
    });
    expect(stopped.exitCode).toBe(130);
    for (const name of ["small", "wide"]) {
      const { exitCode } = await plumbline(folder, ["train", "--resume", `both/${name}`]);
      expect(exitCode).toBe(0);
      expect(await checkpointBytes(join(folder, "both", name), 12)).toEqual(
        await checkpointBytes(join(folder, "straight", name), 12),
      );
    }
  });

  test("lets the others go on when one diverges, and exits with its reason", async () => {
    const paths = [await config("wild", { schedules: { lr: 1e30 } }), await config("small")];
    const { exitCode, err } = await plumbline(folder, ["train", ...paths, "--out", "both"]);
    expect([exitCode, err]).toEqual([5, expect.stringContaining("diverged")]);
    const status = async (name: string) =>
      JSON.parse(await readFile(join(folder, "both", name, "run.json"), "utf8")).status;
    expect([await status("wild"), await status("small")]).toEqual(["diverged", "completed"]);
  });

  test("refuses what is not one pass, or one folder for two", async () => {
    const first = await config("small");
    for (const [changes, message] of [
      [{ trainer: { nSteps: 12, batchSize: 4 } }, "have one trainer.batchSize; this has 4, the first has 8"],
      [{ seed: 3 }, "have one activations.seed; this has 3, the first has 0"],
    ] as const) {
      const second = await config("other", changes);
      const { exitCode, err } = await plumbline(folder, ["train", first, second, "--out", "both"]);
      expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
    }
    const same = await plumbline(folder, ["train", first, first]);
    expect([same.exitCode, same.err]).toEqual([
      2,
      expect.stringContaining("two runs would be written to one"),
    ]);
    const resumed = await plumbline(folder, ["train", first, first, "--resume", "x"]);
    expect([resumed.exitCode, resumed.err]).toEqual([2, expect.stringContaining("goes on with one run")]);
  });

  test("says before the first step what each would take", async () => {
    const paths = [await config("small"), await config("wide", wide)];
    const { io, exitCode } = await plumbline(folder, [
      "train",
      ...paths,
      "--out",
      "both",
      "--dry-run",
      "--json",
    ]);
    expect([exitCode, io.lines().map(({ type }) => type)]).toEqual([0, ["train-plan", "train-plan"]]);
  });
});

suite("plumbline train --control", () => {
  const metaSae = { ratio: 0.5, k: 2, primarySteps: 3, metaSteps: 2, lambda2: 2 };

  test("trains the same SAE without its meta SAE beside it, as it would be alone", async () => {
    const schedules = { lr: 0.01, metaLr: 0.02 };
    const { exitCode } = await plumbline(folder, [
      "train",
      await config("joint", { metaSae, schedules }),
      "--out",
      "joint",
      "--control",
    ]);
    expect(exitCode).toBe(0);
    await plumbline(folder, ["train", await config("solo"), "--out", "solo"]);
    const [control, solo, joint] = await Promise.all(
      ["joint-control", "solo", "joint"].map((run) => checkpointBytes(join(folder, run), 12)),
    );
    expect(control).toEqual(solo);
    expect(joint).not.toEqual(solo);
    const kept = JSON.parse(await readFile(join(folder, "joint-control", "config.json"), "utf8"));
    expect([kept.metaSae, kept.schedules]).toEqual([undefined, { lr: 0.01 }]);
  });

  test("is refused where there is no meta SAE to do without", async () => {
    const { exitCode, err } = await plumbline(folder, ["train", await config("plain"), "--control"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("has no meta SAE")]);
  });
});
