import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@plumbline/core";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { type KillScene, killAndResume, makeScene } from "./extract-kill.support.ts";
import { buildExtract, type ExtractProgram } from "./extract-program.support.ts";

let program: ExtractProgram;
let folder: string;
let scene: KillScene;

beforeAll(async () => {
  program = await buildExtract();
  folder = await mkdtemp(join(tmpdir(), "plumbline-extract-kill-"));
  scene = await makeScene(program, folder);
});

afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true });
});

suite("an extraction from a model", () => {
  // `npm run -s kills -- 200` does the same two hundred times.
  test.each([1, 2])(
    "killed at random moments (%i) and resumed ends with the undisturbed bytes",
    async (seed) => {
      const random = createRandom(seed).stream("kills");
      const hit = await killAndResume(scene, { name: `store-${seed}`, random, maxKills: 4 });
      expect(hit.length).toBeGreaterThan(0);
    },
  );
});
