import { expect, test } from "vitest";
import { root, run } from "./support/run.mjs";

test("setup refuses an older Node in words, and changes nothing", async () => {
  const pretend = 'Object.defineProperty(process.versions, "node", { value: "18.20.4" });';
  const older = `--import=data:text/javascript,${encodeURIComponent(pretend)}`;
  const result = await run(process.execPath, [older, "tools/setup.mjs"], { cwd: root });
  expect(result.status).toBe(4);
  expect(result.output).toContain("Plumbline needs Node 20.19 or newer");
});
