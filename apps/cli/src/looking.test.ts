import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import type { Backend } from "@plumbline/core";
import { createOutput, memoryIo } from "@plumbline/extract/terminal";
import type { Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";
import { z } from "zod";
import { plumbline, toyConfig, workshop } from "./commands.test-support.ts";
import { demo } from "./demo/demo-command.ts";
import { checkNode, examine } from "./doctor/doctor-command.ts";

suite("plumbline list", () => {
  test.each([
    ["architectures", ["relu", "topk"]],
    ["backends", ["tfjs-cpu", "tfjs-wasm", "tfjs-node", "tfjs-node-gpu"]],
    ["maps", ["projection", "scale"]],
    ["schedules", ["constant", "warmup-decay", "join"]],
    ["sources", ["npy", "safetensors", "tfjs-graph"]],
  ])("%s, one line each with a description", async (what, some) => {
    const { exitCode, out, io } = await plumbline(tmpdir(), ["list", what]);
    expect([exitCode, io.err()]).toEqual([0, ""]);
    for (const name of some) expect(out).toMatch(new RegExp(`^${name} +\\S`, "m"));
    const json = await plumbline(tmpdir(), ["list", what, "--json"]);
    expect(json.io.lines()).toEqual([expect.objectContaining({ type: "list-end", v: 1, of: what })]);
  });

  test("suggests what was meant", async () => {
    const { exitCode, err } = await plumbline(tmpdir(), ["list", "architecture"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('did you mean "architectures"?')]);
  });
});

suite("plumbline config schema", () => {
  test("is a JSON Schema with the options of every architecture, or of every source", async () => {
    const train = JSON.parse((await plumbline(tmpdir(), ["config", "schema"])).out);
    const topk = train.properties.architecture.oneOf.find(
      (one: { properties: { name: { const: string } } }) => one.properties.name.const === "topk",
    );
    expect(topk.properties.k).toMatchObject({
      type: "integer",
      default: 32,
      description: "latents kept per token",
    });
    expect(topk.properties.aligned).toBeDefined();
    expect(train.properties.trainer.properties.batchSize.default).toBe(1024);
    expect(JSON.stringify(train.$defs.curve)).toContain("warmup-decay");
    const extract = JSON.parse((await plumbline(tmpdir(), ["config", "schema", "extract"])).out);
    expect(extract.properties.source.oneOf).toHaveLength(5);
  });

  test("takes a configuration and refuses a misspelt one", async () => {
    const schema = z.fromJSONSchema(JSON.parse((await plumbline(tmpdir(), ["config", "schema"])).out));
    const part = { nSteps: 3, curve: { kind: "constant", value: 1 } };
    const join = { kind: "join", parts: [part, { curve: { kind: "linear-decay", from: 1 } }] };
    expect(schema.safeParse(toyConfig({ schedules: { lr: join } })).error).toBeUndefined();
    for (const wrong of [
      { seeds: 1 },
      { trainer: { nSteps: 3, batchsize: 2 } },
      { architecture: { name: "topk", dSae: 4, kk: 3 } },
      { schedules: { lr: { kind: "join", parts: [{ ...part, nStep: 3 }] } } },
    ]) {
      expect(schema.safeParse(toyConfig(wrong)).success, JSON.stringify(wrong)).toBe(false);
    }
  });

  test("refuses other configurations", async () => {
    const { exitCode, err } = await plumbline(tmpdir(), ["config", "schema", "trian"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('did you mean "train"?')]);
  });
});

suite("plumbline doctor", () => {
  test("trains a little on every backend and finds one copy of tfjs", async () => {
    const { exitCode, out, io } = await plumbline(await workshop(), ["doctor"]);
    expect(io.err()).toBe("");
    expect(out).toMatch(/tfjs-core: one copy, 4\.22\.0/);
    expect(out).toMatch(/backend tfjs-cpu: .*same seed, same bytes; \d+ training steps, loss/);
    expect(out).toMatch(/ready to train\n$/);
    expect(exitCode).toBe(0);
    // To be installed by who wants them: they run, or say what is missing and what to do.
    for (const name of ["tfjs-node", "tfjs-node-gpu"]) {
      const works = `ok +backend ${name}: TensorFlow .*training steps`;
      expect(out).toMatch(new RegExp(`^(${works}|problem backend ${name}: .+\\n +to do: .+)`, "m"));
    }
  });

  test("exits with 4 where no backend works, naming reason and next step", async () => {
    const absent: Backend<Tensor> = {
      ...tfjsCpuBackend,
      name: "absent",
      probe: async () => ({ available: false, reason: "no such device", nextStep: "buy one" }),
    };
    const failing: Backend<Tensor> = {
      ...tfjsCpuBackend,
      name: "failing",
      createEngine: async () => {
        throw new Error("out of order");
      },
    };
    const io = memoryIo({ cwd: await workshop() });
    expect(await examine({ io, output: createOutput(io) }, [absent, failing])).toBe(4);
    expect(io.out()).toMatch(/problem backend absent: no such device\n +to do: buy one\n/);
    expect(io.out()).toMatch(/problem backend failing: the self-test failed: out of order\n/);
    expect(io.out()).toMatch(/nothing here can train; see above\n$/);
  });

  test("looks at the backends of plugins too", async () => {
    const plugin = fileURLToPath(new URL("./train/plugin.test-support.ts", import.meta.url));
    const { io } = await plumbline(await workshop(), ["doctor", "--json", "--plugin", plugin]);
    const [line] = io.lines() as unknown as [{ type: string; checks: { name: string; ok: boolean }[] }];
    expect(line.type).toBe("doctor-end");
    expect(line.checks).toContainEqual(expect.objectContaining({ name: "backend plugin-cpu", ok: true }));
  });

  test("knows which Node is too old", () => {
    expect(checkNode("20.19.0").ok).toBe(true);
    expect(checkNode("24.1.0").ok).toBe(true);
    expect(checkNode("20.18.9")).toMatchObject({ ok: false, nextStep: "install Node 20.19 or later" });
    expect(checkNode("18.20.0").ok).toBe(false);
  });
});

suite("plumbline demo", () => {
  test("says how to get the demonstration where it is not installed: exit code 4", async () => {
    const io = memoryIo();
    await expect(
      demo([], { io, plumbline: [], packageName: "@plumbline/no-such-demo" }),
    ).rejects.toMatchObject({
      code: "demo-not-installed",
      kind: "environment",
      hint: "npm install @plumbline/no-such-demo",
    });
  });
});

suite("plumbline", () => {
  test("names its commands, and suggests the nearest for a typo", async () => {
    const { out } = await plumbline(tmpdir(), ["--help"]);
    for (const name of ["demo", "extract", "train", "eval", "inspect", "list", "doctor", "config"]) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
    const { exitCode, err } = await plumbline(tmpdir(), ["evla"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("Did you mean eval?")]);
  });

  test("extracts too: one program does it all", async () => {
    const folder = await workshop();
    await writeFile(join(folder, "e.json"), '{ "source": { "name": "npy", "path": "x" }, "out": "o" }');
    expect((await plumbline(folder, ["extract", "e.json"])).exitCode).toBe(3);
    const { out } = await plumbline(folder, ["extract", "--help"]);
    expect(out).toMatch(/Usage: plumbline extract .*<config>/);
  });

  test("writes no escape bytes when piped or with NO_COLOR, some when forced", async () => {
    const folder = await workshop();
    await writeFile(join(folder, "c.json"), JSON.stringify(toyConfig({ out: undefined })));
    for (const [name, options] of [
      ["piped", {}],
      ["no color", { isTTY: true, env: { NO_COLOR: "1" } }],
    ] as const) {
      const texts = [];
      for (const argv of [
        ["train", "c.json", "--out", name],
        ["inspect", name],
        ["doctor"],
        ["--help"],
        ["nope"],
      ]) {
        const { out, err } = await plumbline(folder, argv, options);
        texts.push(out, err);
      }
      expect(texts.join("")).not.toContain("\u001b");
    }
    expect((await plumbline(folder, ["inspect", "piped"], { env: { FORCE_COLOR: "1" } })).out).toContain(
      "\u001b[",
    );
  });

  test("says its own version", async () => {
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    expect((await plumbline(tmpdir(), ["--version"])).out).toBe(`${version}\n`);
  });
});
