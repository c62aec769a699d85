import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActivationMemory } from "@plumbline/activation-store";
import { writeActivationStore } from "@plumbline/activation-store/node";
import { createRandom, fillNormal } from "@plumbline/core";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { buildCli, type CliProgram } from "./cli-program.ts";

let program: CliProgram;
let cwd: string;

const config = {
  architecture: { name: "topk", k: 2, dSae: 16 },
  activations: { store: "store" },
  trainer: { nSteps: 6, batchSize: 8 },
  schedules: { lr: 0.01 },
  backend: "tfjs-cpu",
};

beforeAll(async () => {
  program = await buildCli();
  cwd = await mkdtemp(join(tmpdir(), "plumbline-cli-"));
  const rows = fillNormal(new Float32Array(100 * 8), createRandom(1));
  await writeActivationStore(join(cwd, "store"), createActivationMemory({ dIn: 8, rows }));
  await writeFile(join(cwd, "c.json"), JSON.stringify(config));
  const source = { name: "safetensors", path: "store/shard-00000.safetensors" };
  await writeFile(join(cwd, "e.json"), JSON.stringify({ source, out: "copy" }));
});

afterAll(async () => {
  await program.remove();
  await rm(cwd, { recursive: true });
});

const run = (argv: readonly string[], env?: NodeJS.ProcessEnv) =>
  program.run(argv, { cwd, ...(env === undefined ? {} : { env }) });

suite("plumbline as a program", () => {
  test("trains and evaluates; lines of --json parse and carry a version; pipes see no escape bytes", async () => {
    const trained = await run(["train", "c.json", "--out", "run", "--json"], {
      ...process.env,
      TERM: "xterm",
    });
    expect(trained.err).not.toContain("error");
    expect(trained.exitCode).toBe(0);
    const lines = trained.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.every(({ v, type }) => v === 1 && typeof type === "string")).toBe(true);
    expect(`${await readFile(join(cwd, "run", "metrics.ndjson"), "utf8")}`).toBe(trained.out);
    const evaluated = await run(["eval", "run", "--activations", "store", "--backend", "tfjs-cpu"]);
    expect(evaluated.exitCode).toBe(0);
    expect(evaluated.out).toContain("explained variance");
    expect(trained.out + trained.err + evaluated.out + evaluated.err).not.toContain("\u001b");
  });

  test.each([
    [0, ["--help"]],
    [2, ["trian"]],
    [2, ["train", "missing.json"]],
    [3, ["train", "c.json", "--activations", "nothing", "--out", "x"]],
    [3, ["inspect", "c.json"]],
    [
      5,
      [
        "train",
        "c.json",
        "--set",
        "schedules.lr=1e30",
        "--set",
        "trainer.clipNorm=none",
        "--out",
        "diverged",
      ],
    ],
  ])("exits with %i for %j", async (expected, argv) => {
    const { exitCode, err } = await run(argv);
    expect(exitCode, err).toBe(expected);
    if (expected !== 0) expect(err.trim().split("\n").at(-3)).toMatch(/^error: /);
  });

  test.skipIf(process.platform === "win32")("exits with 4 where the folder takes no files", async () => {
    // Root may write anywhere, so root runs this as nobody.
    const uid = process.getuid?.() === 0 ? { uid: 65534 } : {};
    await mkdir(join(cwd, "locked"));
    await chmod(join(cwd, "locked"), 0o555);
    await chmod(cwd, 0o755);
    for (const argv of [
      ["train", "c.json", "--out", "locked/run"],
      ["extract", "e.json", "--out", "locked/store"],
    ]) {
      const { exitCode, err } = await program.run(argv, { cwd, ...uid });
      expect(exitCode, err).toBe(4);
      expect(err).toMatch(/error: .*permission denied\nwhere: .*locked.*\nto do: /);
    }
  });

  test("keeps NO_COLOR and FORCE_COLOR", async () => {
    const forced = await run(["trian"], { ...process.env, NO_COLOR: undefined, FORCE_COLOR: "1" });
    expect(forced.err).toContain("\u001b[31merror:");
    const plain = await run(["trian"], { ...process.env, NO_COLOR: "1", FORCE_COLOR: "1" });
    expect(plain.err).not.toContain("\u001b");
  });

  test("ends quietly when its reader goes away", async () => {
    const child = program.start(["config", "schema"], { cwd });
    let err = "";
    child.stderr?.on("data", (text) => {
      err += text;
    });
    child.stdout?.once("data", () => child.stdout?.destroy());
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    expect([exitCode, err]).toEqual([0, ""]);
  });
});
