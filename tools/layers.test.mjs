import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, describe as suite, test } from "vitest";
import { plantWorkspace } from "./support/planted.mjs";
import { root, run } from "./support/run.mjs";

/** @type {string[]} */
const planted = [];
afterEach(() => {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true });
});

/**
 * @param {Parameters<typeof plantWorkspace>[0]} packages
 * @returns {Promise<string>} the violations; empty where all is well
 */
async function layersOf(packages) {
  const folder = plantWorkspace(packages);
  planted.push(folder);
  const config = join(root, "tools/layers.config.mjs");
  const tops = [...new Set(Object.keys(packages).map((one) => one.split("/")[0] ?? ""))];
  const result = await run("depcruise", ["--config", config, ...tops], {
    cwd: folder,
    env: { NO_COLOR: "1" },
  });
  return result.status === 0 ? "" : result.output;
}

const needs = (/** @type {string[]} */ ...names) => ({
  dependencies: Object.fromEntries(names.map((name) => [`@plumbline/${name}`, "*"])),
});
const imports = (/** @type {string} */ name) => `export * as other from "@plumbline/${name}";\n`;

suite("layers", () => {
  test("lets a package import from a lower row", async () => {
    const packages = {
      "packages/core": {},
      "packages/ops": { manifest: needs("core"), files: { "src/index.ts": imports("core") } },
    };
    expect(await layersOf(packages)).toBe("");
  });

  test("sees an import from a higher row, types included", async () => {
    const text = 'import type { x } from "@plumbline/trainer";\nexport type y = typeof x;\n';
    const packages = {
      "packages/ops": { manifest: needs("trainer"), files: { "src/index.ts": text } },
      "packages/trainer": {},
    };
    expect(await layersOf(packages)).toContain(
      "lower-rows-only: packages/ops/src/index.ts → packages/trainer",
    );
  });

  test("sees an import from the same row", async () => {
    const packages = {
      "packages/metrics": {},
      "packages/ops": { manifest: needs("metrics"), files: { "src/index.ts": imports("metrics") } },
    };
    expect(await layersOf(packages)).toContain("lower-rows-only: packages/ops/src/index.ts");
  });

  test("sees a library that chooses a backend", async () => {
    const packages = {
      "packages/backend-tfjs-cpu": {},
      "packages/trainer": {
        manifest: needs("backend-tfjs-cpu"),
        files: { "src/index.ts": imports("backend-tfjs-cpu") },
      },
    };
    expect(await layersOf(packages)).toContain("lower-rows-only: packages/trainer/src/index.ts");
  });

  test("lets the command line load the demo with import() and in no other way", async () => {
    const packages = (/** @type {string} */ text) => ({
      "apps/cli": { manifest: needs("demo"), files: { "src/index.ts": text } },
      "apps/demo": {},
    });
    expect(await layersOf(packages('export const demo = () => import("@plumbline/demo");\n'))).toBe("");
    expect(await layersOf(packages(imports("demo")))).toContain("optional-only-dynamically");
  });

  test("sees a cycle of files", async () => {
    const files = {
      "src/index.ts": 'export { a } from "./a.ts";\n',
      "src/a.ts": 'import { b } from "./b.ts";\nexport const a = () => b;\n',
      "src/b.ts": 'import { a } from "./a.ts";\nexport const b = () => a;\n',
    };
    expect(await layersOf({ "packages/core": { files } })).toContain("no-cycles");
  });

  test("sees node: outside of src/node", async () => {
    const text = 'export { sep } from "node:path";\n';
    const allowed = { "src/node.ts": text, "src/node/more.ts": text, "src/index.test.ts": text };
    expect(await layersOf({ "packages/core": { files: allowed } })).toBe("");
    expect(await layersOf({ "packages/core": { files: { "src/index.ts": text } } })).toContain(
      "node-modules-under-node-only: packages/core/src/index.ts",
    );
    const reached = { "src/index.ts": 'export { sep } from "./node.ts";\n', "src/node.ts": text };
    expect(await layersOf({ "packages/core": { files: reached } })).toContain(
      "node-files-from-node-files-only: packages/core/src/index.ts",
    );
  });

  test("sees a path into another package", async () => {
    const packages = {
      "packages/core": {},
      "packages/ops": { files: { "src/index.ts": 'export * as core from "../../core/src/index.ts";\n' } },
    };
    expect(await layersOf(packages)).toContain("no-neighbours-files: packages/ops/src/index.ts");
  });
});
