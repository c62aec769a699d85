import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";

const main = fileURLToPath(new URL("../apps/cli/dist/main.js", import.meta.url));
const built = existsSync(main);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line; `onTalk` sees stderr as it comes. */
function plumbline(
  args: readonly string[],
  cwd: string,
  onTalk?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onTalk?.(stderr, (signal) => child.kill(signal));
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

suite.skipIf(!built)("plumbline demo, built by npm run build", () => {
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "plumbline-demo-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("goes from text to a result with aligned scores of one", { timeout: 180_000 }, async () => {
    const { code, stdout, stderr } = await plumbline(["demo", "--quick", "--json"], folder);
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(result).toMatchObject({ type: "demo-result", v: 1 });
    for (const key of ["free", "aligned", "freeSmallInit"]) {
      const { files, alignmentQuantiles, ...numbers } = result[key];
      for (const [name, value] of Object.entries(numbers))
        expect(value, `${key}.${name}`).toBeTypeOf("number");
      expect(numbers.l0).toBeLessThanOrEqual(8);
      expect(numbers.secondsPerStep).toBeGreaterThan(0);
      for (const path of Object.values<string>(files))
        expect(existsSync(join(folder, path)), path).toBe(true);
    }
    expect(Math.abs(result.aligned.alignmentMin - 1)).toBeLessThan(1e-5);
    expect(Math.abs(result.aligned.alignmentMax - 1)).toBeLessThan(1e-5);
    expect(result.free.alignmentMin).toBeLessThan(0.999);
    expect(readFileSync(join(folder, result.aligned.files.log), "utf8")).toContain('"type":"run-end"');
    expect(stdout).toContain("What this scale cannot show");
    expect(stderr).toMatch(/^\$ plumbline train runs\/demo-.*aligned\.json$/m);
  });

  test("refuses a folder that is there, and flags that it does not know", async () => {
    await mkdir(join(folder, "taken"));
    const taken = await plumbline(["demo", "--quick", "--out", "taken"], folder);
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringMatching(/exists already[\s\S]*taken/) });
    expect(await plumbline(["demo", "--fast"], folder)).toMatchObject({ code: 2 });
    expect(await readdir(join(folder, "taken"))).toEqual([]);
  });

  test("stops its commands and itself when interrupted", { timeout: 60_000 }, async () => {
    let asked = false;
    const ended = await plumbline(["demo", "--out", "stopped"], folder, (stderr, kill) => {
      if (!asked && stderr.includes("$ plumbline extract")) {
        asked = true;
        kill("SIGINT");
      }
    });
    expect(ended.code, ended.stderr).toBe(130);
    expect(ended.stderr).toMatch(/stopped; what was finished lies in stopped$/m);
    expect(ended.stdout).toBe("");
  });
});
