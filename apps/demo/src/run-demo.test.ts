import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, describe as suite, test } from "vitest";
import { runDemo } from "./run-demo.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-demo-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the demo with a script in place of the command line. */
async function demoWith(script: string, argv: readonly string[], signal?: AbortSignal) {
  let stdout = "";
  let stderr = "";
  const code = await runDemo({
    plumbline: [process.execPath, "-e", script, "--"],
    argv,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal,
  });
  return { code, stdout, stderr };
}

suite("runDemo()", () => {
  test("prints its usage and does nothing else", async () => {
    const { code, stdout } = await demoWith("", ["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: plumbline demo/);
  });

  test("writes configurations that name the same data and seed for all, and start commands with them", async () => {
    const out = join(folder, "out");
    const { stderr } = await demoWith("process.exit(3)", ["--out", out]);
    expect(stderr).toMatch(/^\$ plumbline extract \S+extract-train\.json$/m);
    const read = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8"));
    const { architecture: free, out: _, ...rest } = read("free.json");
    const { architecture: aligned, out: __, ...alignedRest } = read("aligned.json");
    expect(free).toEqual({ name: "topk", k: 32, dSae: 4096, encoderInit: 1 });
    expect(aligned).toEqual({ name: "topk", k: 32, dSae: 4096, aligned: true });
    expect(alignedRest).toEqual(rest);
    const [plugin = ""] = read("extract-train.json").plugins;
    expect(plugin).toMatch(/^\.\.?\/.*dist\/source\.js$/);
  });

  test("passes the exit code of a failed command on, with its words, and no result", async () => {
    const script = "console.error('disk is full'); process.exit(4)";
    const { code, stdout, stderr } = await demoWith(script, ["--json", "--out", join(folder, "out")]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/extract (train|held-out) \| disk is full/);
    expect(stderr).toMatch(/ended with code 4; what was finished lies in/);
    expect(stdout).toBe("");
  });

  test("ends with 130 when it is stopped", async () => {
    const stopper = new AbortController();
    setTimeout(() => stopper.abort(), 200);
    const script = "setInterval(() => {}, 1000)";
    const { code, stderr } = await demoWith(script, ["--out", join(folder, "out")], stopper.signal);
    expect(code).toBe(130);
    expect(stderr).toContain("stopped; what was finished lies in");
  });

  test("refuses a folder that exists and leaves it alone", async () => {
    await expect(demoWith("", ["--out", folder])).rejects.toMatchObject({
      code: "output-exists",
      kind: "usage",
    });
    expect(await readdir(folder)).toEqual([]);
    expect(existsSync(join(folder, "free.json"))).toBe(false);
  });
});
