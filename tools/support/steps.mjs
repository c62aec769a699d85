import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/**
 * @typedef {import("./vitest-counts.mjs").Counts} Counts
 * @typedef {Counts & { output: string }} Outcome `output` is shown where something failed
 * @typedef {() => Promise<Outcome>} Work
 */

/**
 * A step that is one program, or several, which all have to end well.
 *
 * @param {readonly string[]} commands
 * @returns {Work}
 */
export const programs = (commands) => async () => {
  const results = [];
  for (const command of commands) {
    const [program = "", ...args] = command.split(" ");
    results.push(await run(program, args));
  }
  const failed = results.filter((one) => one.status !== 0);
  const output = failed.map((one) => one.output).join("\n");
  return { passed: results.length - failed.length, failed: failed.length, skipped: [], output };
};

/**
 * A step of our own rules, each giving a list of problems.
 *
 * @param {readonly ((root: string) => string[] | Promise<string[]>)[]} rules
 * @returns {Work}
 */
export const ownRules = (rules) => async () => {
  const problems = await Promise.all(
    rules.map(async (rule) => {
      try {
        return await rule(root);
      } catch (error) {
        return [String(error)];
      }
    }),
  );
  const failed = problems.filter((one) => one.length > 0).length;
  return { passed: rules.length - failed, failed, skipped: [], output: problems.flat().join("\n") };
};

/**
 * A step of tests, counted one by one.
 *
 * @param {string} project of vitest.config.ts
 * @returns {Work}
 */
export const tests = (project) => async () => {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-check-"));
  const path = join(folder, "counts.json");
  const reporters = ["--reporter=default", `--reporter=${join(root, "tools/support/vitest-counts.mjs")}`];
  const result = await run(
    "vitest",
    ["run", `--project=${project}`, "--silent=passed-only", "--no-color", ...reporters],
    {
      env: { PLUMBLINE_COUNTS: path },
    },
  );
  try {
    /** @type {Counts} */
    const counts = JSON.parse(await readFile(path, "utf8"));
    const isLost = result.status !== 0 && counts.failed === 0;
    return { ...counts, failed: isLost ? 1 : counts.failed, output: result.output };
  } catch {
    return { passed: 0, failed: 1, skipped: [], output: result.output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
