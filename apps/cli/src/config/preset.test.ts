import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { presets } from "@plumbline/architectures";
import { parseConfig } from "@plumbline/core";
import { layerConfig, loadConfigDocument } from "@plumbline/extract/config";
import { expect, describe as suite, test } from "vitest";
import { createRegistries } from "../registries.ts";
import { runCli } from "../run-cli.ts";
import { buildArchitecture } from "../train/build-architecture.ts";
import { buildSchedules } from "../train/build-schedules.ts";
import { trainConfigSchema } from "../train/train-config.ts";

async function printed(...argv: string[]): Promise<{ code: number; text: string; talk: string }> {
  const text: string[] = [];
  const talk: string[] = [];
  const code = await runCli(argv, {
    stdout: { write: (part: string) => text.push(part) > 0 },
    stderr: { write: (part: string) => talk.push(part) > 0 },
    env: {},
    cwd: process.cwd(),
  });
  return { code, text: text.join(""), talk: talk.join("") };
}

suite("plumbline config preset", () => {
  for (const name of presets().names) {
    test(`${name} is a configuration that trains: architecture and schedules can be made of it`, async () => {
      const { code, text } = await printed("config", "preset", name, "--d-sae", "4096", "--steps", "5000");
      expect(code).toBe(0);
      const folder = await mkdtemp(join(tmpdir(), "preset-"));
      await writeFile(join(folder, "train.json"), text);
      const document = await loadConfigDocument("train.json", folder);
      const layers = layerConfig({ document, cwd: folder, flags: {}, paths: [], rivals: [] });
      const config = parseConfig(trainConfigSchema, JSON.parse(text), { from: "test" });
      const { architecture } = buildArchitecture(config.architecture, createRegistries([]), layers);
      const supplied = buildSchedules(config, architecture, { layers }).flatMap(({ scalars }) => scalars);
      expect(supplied.sort()).toEqual(["lr", ...architecture.controls].sort());
      architecture.check({ dIn: 768, dSae: 4096 });
    });
  }

  test("names the nearest preset for a typo", async () => {
    const { code, talk } = await printed("config", "preset", "saelens/topkk");
    expect(code).toBe(2);
    expect(talk).toContain('did you mean "saelens/topk"?');
  });
});
