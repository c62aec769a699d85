import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, run } from "./run.mjs";

test("counts what passed, what failed and what was skipped, with names and reasons", async () => {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-counts-"));
  const path = join(folder, "counts.json");
  try {
    const body = [
      'describe("a", () => {',
      '  test("passes", () => {});',
      '  test("fails", () => expect(1).toBe(2));',
      '  test("needs a GPU", (context) => context.skip("no GPU here"));',
      '  test.skip("says nothing", () => {});',
      "});",
    ];
    writeFileSync(join(folder, "some.test.mjs"), body.join("\n"));
    writeFileSync(join(folder, "broken.test.mjs"), 'import "./gone.mjs";\n');
    const reporter = `--reporter=${join(root, "tools/support/vitest-counts.mjs")}`;
    await run("vitest", ["run", "--globals", "--root", folder, reporter], {
      cwd: folder,
      env: { PLUMBLINE_COUNTS: path },
    });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      passed: 1,
      failed: 2,
      skipped: [
        { name: "a > needs a GPU", reason: "no GPU here" },
        { name: "a > says nothing", reason: "no reason given" },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
