// Runs of the core's test program, one line each, and what they said where they failed.
import { performance } from "node:perf_hooks";
import { compile, run } from "./core-tests.mjs";

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {readonly string[]} command the program, in its emulator where it needs one
 * @property {readonly string[]} args
 * @property {Record<string, string>} [env]
 */

const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s`;

function report(isGood, name, start, text) {
  console.log(`${isGood ? "ok  " : "FAIL"} ${name.padEnd(26)} ${seconds(start)}  ${text}`);
  if (!isGood) process.exitCode = 1;
}

/**
 * Compiles; says how long it took, or what was wrong.
 *
 * @param {import("./core-tests.mjs").Build} build
 * @returns {Promise<string | undefined>} the program
 */
export async function build(build) {
  const start = performance.now();
  const { program, problems } = await compile(build);
  report(problems.length === 0, `${build.name}: compile`, start, build.compiler);
  return problems.length === 0 ? program : undefined;
}

/** @param {Run} one */
export async function runTests({ name, command, args, env }) {
  const start = performance.now();
  const { status, output } = await run(command[0] ?? "", [...command.slice(1), "--quiet", ...args], env);
  const lines = output.trimEnd().split("\n");
  report(status === 0, name, start, lines.at(-1) ?? "");
  if (status !== 0) console.error(lines.join("\n"));
}

/**
 * Instruction sets that a program has on this machine, best first.
 *
 * @param {string} program
 * @returns {Promise<readonly string[]>}
 */
export async function instructionSets(program) {
  return (await run(program, ["--list"])).output.trim().split("\n");
}

/** What a command prints where it has nothing to do. */
export function skip(name, reason) {
  console.log(`skipped: ${name} (${reason})`);
}
