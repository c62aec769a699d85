import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's top folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Locally installed programs first; tools stay silent about themselves. */
const environment = {
  ...process.env,
  PATH: [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  // pnpm's command shims set it for themselves; handed on, it would let programs find packages that they do not declare.
  NODE_PATH: undefined,
  DO_NOT_TRACK: "1",
  NO_UPDATE_NOTIFIER: "1",
};

/**
 * Runs a program to its end and keeps what it says.
 *
 * @param {string} program a name on the PATH or in node_modules/.bin, or a path
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, timeoutMs?: number }} [options]
 * @returns {Promise<{ status: number, stdout: string, output: string }>} `output` is stdout and stderr as they came; a program that
 *   cannot be started, or is ended by a signal, has status 1
 */
export function run(program, args, options = {}) {
  const { cwd = root, env = {}, timeoutMs } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && program !== process.execPath,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    });
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.on("error", (error) => resolve({ status: 1, stdout, output: `${output}${error.message}\n` }));
    child.on("close", (code, signal) => {
      const end = signal === null ? "" : `\n${program} was ended by ${signal}\n`;
      resolve({ status: code ?? 1, stdout, output: output + end });
    });
  });
}

/**
 * Runs a Node program in this process's place: same terminal, same signals, its exit status becomes ours.
 *
 * @param {string} file
 * @param {readonly string[]} args
 */
export function handOver(file, args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both; the program decides what it means, and we wait for its answer.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
  });
}
