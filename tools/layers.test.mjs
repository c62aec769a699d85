import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { plantWorkspace } from "./support/planted.mjs";
import { root, run } from "./support/run.mjs";

const needs = (/** @type {string[]} */ ...names) => ({
  dependencies: Object.fromEntries(names.map((name) => [`@plumbline/${name}`, "*"])),
});
const imports = (/** @type {string} */ name) => `export * as other from "${name}";\n`;

/** Allowed and forbidden imports side by side; each forbidden one has a file of its own. */
const packages = {
  "packages/core": {
    files: {
      "src/node.ts": imports("node:path"),
      "src/node/deeper.ts": imports("node:path"),
      "src/index.test.ts": imports("node:path"),
      "src/uses-node.ts": imports("node:path"),
      "src/reaches-node.ts": imports("./node.ts"),
      "src/cycle-a.ts": 'import { b } from "./cycle-b.ts";\nexport const a = () => b;\n',
      "src/cycle-b.ts": 'import { a } from "./cycle-a.ts";\nexport const b = () => a;\n',
    },
  },
  "packages/metrics": {},
  "packages/ops": {
    manifest: needs("core", "metrics", "trainer"),
    files: {
      "src/index.ts": imports("@plumbline/core"),
      "src/upward-type.ts": 'import type { x } from "@plumbline/trainer";\nexport type y = typeof x;\n',
      "src/sideways.ts": imports("@plumbline/metrics"),
      "src/by-path.ts": imports("../../core/src/index.ts"),
      "src/unknown.ts": imports("@plumbline/backend-tfjs-cpu"),
    },
  },
  "packages/trainer": {
    manifest: needs("ops", "backend-tfjs-cpu"),
    files: {
      "src/index.ts": imports("@plumbline/ops"),
      "src/chooses-backend.ts": imports("@plumbline/backend-tfjs-cpu"),
    },
  },
  "packages/backend-tfjs-cpu": {},
  "apps/cli": {
    manifest: needs("demo", "backend-tfjs-cpu"),
    files: {
      "src/index.ts": imports("@plumbline/backend-tfjs-cpu"),
      "src/lazy.ts": 'export const demo = () => import("@plumbline/demo");\n',
      "src/eager.ts": imports("@plumbline/demo"),
    },
  },
  "apps/demo": {},
};

/** @type {string} */
let folder;
beforeAll(() => {
  folder = plantWorkspace(packages);
});
afterAll(() => rmSync(folder, { recursive: true }));

suite("layers", () => {
  test("lets through what the rows allow and nothing else", async () => {
    const config = join(root, "tools/layers.config.mjs");
    const result = await run("depcruise", ["--config", config, "packages", "apps"], {
      cwd: folder,
      env: { NO_COLOR: "1" },
    });
    expect(result.status, result.output).not.toBe(0);
    const violations = [...result.output.matchAll(/error ([a-z-]+): (\S+)/g)].map(
      ([, rule, file]) => `${rule} ${file}`,
    );
    expect(violations.sort()).toEqual([
      "lower-rows-only packages/ops/src/sideways.ts",
      "lower-rows-only packages/ops/src/upward-type.ts",
      "lower-rows-only packages/trainer/src/chooses-backend.ts",
      "no-cycles packages/core/src/cycle-a.ts",
      "no-neighbours-files packages/ops/src/by-path.ts",
      "node-files-from-node-files-only packages/core/src/reaches-node.ts",
      "node-modules-under-node-only packages/core/src/uses-node.ts",
      "optional-only-dynamically apps/cli/src/eager.ts",
      "resolvable packages/ops/src/unknown.ts",
    ]);
  });
});
