import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, describe as suite, test } from "vitest";
import { checkpointBytes, plumbline, toyConfig, writeConfig } from "../commands.test-support.ts";
import { hookPoint, modelWorkshop } from "./language-model.test-support.ts";

const live = (more: object = {}) => ({
  architecture: { name: "topk", k: 4, dSae: 24 },
  activations: { live: "extract.json", windowRows: 100 },
  trainer: { nSteps: 12, batchSize: 32, logEvery: 3 },
  ...more,
});

suite("plumbline train on a model that runs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await modelWorkshop();
  });

  test("needs no store, and says where activations come from", async () => {
    const { exitCode, err } = await plumbline(folder, ["train", await writeConfig(folder, live())]);
    expect([exitCode, err]).toEqual([
      0,
      expect.stringMatching(/activations onnx as extract\.json says, as it runs/),
    ]);
    const record = JSON.parse(await readFile(join(folder, "run", "run.json"), "utf8"));
    expect(record).toMatchObject({ dIn: 16, activations: { hookPoint } });
    const config = JSON.parse(await readFile(join(folder, "run", "config.json"), "utf8"));
    expect(config.activations).toEqual({ live: "../extract.json", windowRows: 100 });
  });

  test("gives the bytes of one never stopped when it is resumed, past the end of the text too", async () => {
    // 400 rows of text and 12 steps of 64: the text is read twice.
    const changes = live({ trainer: { nSteps: 12, batchSize: 64, logEvery: 3 } });
    await plumbline(folder, ["train", await writeConfig(folder, changes), "--out", "whole"]);
    const controller = new AbortController();
    const stopped = await plumbline(folder, ["train", "c.json", "--json"], {
      signal: controller.signal,
      onOut: (text) => {
        if (text.includes('"checkpoint-saved"') && text.includes("step-00000008"))
          controller.abort(new Error("stop"));
      },
    });
    expect(stopped.exitCode).not.toBe(0);
    expect((await plumbline(folder, ["train", "--resume", "run"])).exitCode).toBe(0);
    expect(await checkpointBytes(join(folder, "run"), 12)).toEqual(
      await checkpointBytes(join(folder, "whole"), 12),
    );
  });

  test("gives several SAEs the bytes that each has alone, from one pass", async () => {
    await writeFile(join(folder, "a.json"), JSON.stringify(toyConfig({ ...live(), out: undefined })));
    const b = { ...live(), architecture: { name: "topk", k: 3, dSae: 20 }, out: undefined };
    await writeFile(join(folder, "b.json"), JSON.stringify(toyConfig(b)));
    expect((await plumbline(folder, ["train", "a.json", "b.json", "--out", "both"])).exitCode).toBe(0);
    expect((await plumbline(folder, ["train", "b.json", "--out", "alone"])).exitCode).toBe(0);
    expect(await checkpointBytes(join(folder, "both", "b"), 12)).toEqual(
      await checkpointBytes(join(folder, "alone"), 12),
    );
  });

  test("refuses both a store and a model, and other activations on resuming", async () => {
    const both = live({ activations: { live: "extract.json", store: "store" } });
    expect((await plumbline(folder, ["train", await writeConfig(folder, both)])).err).toMatch(
      /one of the two/,
    );
  });
});

suite("an SAE in its model", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await modelWorkshop();
    await plumbline(folder, [
      "train",
      await writeConfig(folder, live({ trainer: { nSteps: 60, batchSize: 32 } })),
    ]);
  });
  const model = ["--model", "model"];

  test("eval --model measures cross-entropy and divergence with it, and with ablations", async () => {
    const argv = ["eval", "run", ...model, "--text", "text.jsonl", "--context", "16", "--sequences", "10"];
    const { exitCode, out, err } = await plumbline(folder, argv);
    expect([exitCode, err]).toEqual([0, expect.any(String)]);
    expect(out).toMatch(/with the SAE +\d/);
    expect(out).toMatch(/CE recovered/);
    const { io } = await plumbline(folder, [...argv, "--json"]);
    const [line] = io.lines() as unknown as [{ type: string; metrics: Record<string, never> }];
    expect(line).toMatchObject({
      type: "behaviour-end",
      contextLength: 16,
      metrics: { hookPoint, nSequences: 10, specialTokens: { ids: [0, 1], inSplice: "keep" } },
    });
    const metrics = line.metrics as unknown as {
      crossEntropy: Record<string, { value: number }>;
      klDivergence: Record<string, { value: number }>;
    };
    expect(metrics.klDivergence.sae?.value).toBeGreaterThan(0);
    expect(metrics.klDivergence.sae?.value).toBeLessThan(metrics.klDivergence.zeroAblation?.value ?? 0);
  });

  test("steer changes what the model goes on with, and nothing where nothing is added", async () => {
    const prompt = ["--prompt", "w5 w9 w12", "--new-tokens", "6", "--json"];
    const steer = async (...edit: string[]) => {
      const { io, exitCode, err } = await plumbline(folder, ["steer", "run", ...model, ...prompt, ...edit]);
      expect([exitCode, err]).toEqual([0, ""]);
      return io.lines()[0] as unknown as { before: string; after: string; edits: object[] };
    };
    const none = await steer("--add", "3=0");
    expect(none.after).toBe(none.before);
    const strong = await steer("--add", "3=500");
    expect([strong.before, strong.after === strong.before]).toEqual([none.before, false]);
    expect(strong.edits).toEqual([{ kind: "add", latent: 3, amount: 500 }]);
    const same = await steer("--scale", "3=1", "--clamp", "23=0", "--ablate", "22");
    expect(same.edits).toHaveLength(3);
  });

  test("steer --logits compares the next tokens", async () => {
    const argv = ["steer", "run", ...model, "--prompt", "w5", "--add", "3=100", "--logits", "--top", "3"];
    const { out } = await plumbline(folder, argv);
    expect(out.trim().split("\n")).toHaveLength(4);
    const { io } = await plumbline(folder, [...argv, "--json"]);
    const [line] = io.lines() as unknown as [
      { before: { probability: number }[]; after: { probability: number }[] },
    ];
    expect(line.before).toHaveLength(3);
    expect(line.before[0]?.probability).not.toBeCloseTo(line.after[0]?.probability ?? 0, 6);
  });

  test("detect says which latents fire on which token, above thresholds", async () => {
    const argv = ["detect", "run", ...model, "--prompt", "w5 w9 w12", "--json"];
    const all = (await plumbline(folder, argv)).io.lines() as unknown as [
      { tokens: { id: number; text: string; latents: { latent: number; value: number }[] }[] },
      { nDetections: number },
    ];
    expect(all[0].tokens.map(({ id }) => id)).toEqual([0, 5, 9, 12]);
    expect(all[0].tokens.every(({ latents }) => latents.length === 4)).toBe(true);
    expect(all[1]).toMatchObject({ type: "detect-end", nSequences: 1, nTokens: 4, nDetections: 16 });
    const [strongest] = all[0].tokens[1]?.latents ?? [];
    if (strongest === undefined) throw new Error("nothing fires");
    const one = async (threshold: number) => {
      const { io } = await plumbline(folder, [...argv, "--latent", `${strongest.latent}=${threshold}`]);
      return io.lines().at(-1) as unknown as { nDetections: number };
    };
    expect((await one(strongest.value * 0.99)).nDetections).toBeGreaterThan(0);
    expect((await one(1e9)).nDetections).toBe(0);
    const text = await plumbline(folder, [
      "detect",
      "run",
      ...model,
      "--text",
      "text.jsonl",
      "--sequences",
      "2",
      "--top",
      "1",
    ]);
    expect(text.err).toMatch(/^\d+ detections on 20 tokens\n$/);
    expect(text.out).toMatch(/"w\d+" +\d+: /);
  });

  test.each<[string[], RegExp, number]>([
    [["eval", "run"], /activations or a model/, 2],
    [["eval", "run", ...model], /--text/, 2],
    [["steer", "run", ...model, "--prompt", "w5"], /--add 12=20/, 2],
    [["steer", "run", ...model, "--prompt", "w5", "--ablate", "24"], /latent from 0 to 23/, 2],
    [["steer", "run", ...model, "--prompt", "w5", "--add", "3"], /a latent and a number/, 2],
    [["steer", "run", "--prompt", "w5", "--ablate", "2"], /--model/, 2],
    [["detect", "run", ...model], /--prompt/, 2],
    [["detect", "run", ...model, "--prompt", "w5", "--latent", "99"], /from 0 to 23/, 2],
    [
      ["detect", "run", ...model, "--prompt", "w5", "--hook-point", "blocks.9.hook_resid_pre"],
      /hook point/,
      2,
    ],
  ])("%j is refused with the way out", async (argv, message, code) => {
    const { exitCode, err } = await plumbline(folder, argv);
    expect(err).toMatch(message);
    expect(exitCode).toBe(code);
  });
});
