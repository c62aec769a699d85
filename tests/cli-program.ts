import { type ChildProcess, spawn } from "node:child_process";
import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface StartOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** user to run as; only root may choose */
  readonly uid?: number;
}

/** The command line as a program of its own, for tests that kill it. */
export interface CliProgram {
  /** starts it; the test waits for it or kills it */
  start(argv: readonly string[], options: StartOptions): ChildProcess;
  /** starts it and waits for its end */
  run(
    argv: readonly string[],
    options: StartOptions,
  ): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; out: string; err: string }>;
  remove(): Promise<void>;
}

const cli = fileURLToPath(new URL("../apps/cli", import.meta.url));

/** Builds apps/cli from its sources into a temporary folder, every package included: never stale, and done in a second. */
export async function buildCli(): Promise<CliProgram> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-program-"));
  await build({
    absWorkingDir: cli,
    entryPoints: ["src/main.ts"],
    outdir: join(folder, "dist"),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@plumbline/source"],
    outExtension: { ".js": ".mjs" },
    external: ["@plumbline/demo", "onnxruntime-node", "sharp", "@aws-sdk/*"],
    // The ES modules of TensorFlow.js: esbuild does not see the names that its CommonJS exports.
    mainFields: ["module", "main"],
    // What is CommonJS among the rest looks for these two.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url); const __dirname = import.meta.dirname;',
    },
    logLevel: "error",
  });
  // Other users may run it: root starts it as one of them to meet a folder that takes no files.
  await chmod(folder, 0o755);
  await copyFile(join(cli, "package.json"), join(folder, "package.json"));
  const start: CliProgram["start"] = (argv, { cwd, env = process.env, uid }) =>
    spawn(process.execPath, [join(folder, "dist", "main.mjs"), ...argv], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(uid === undefined ? {} : { uid }),
    });
  return {
    start,
    run: (argv, options) =>
      new Promise((resolve, reject) => {
        const child = start(argv, options);
        let out = "";
        let err = "";
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          out += text;
        });
        child.stderr?.setEncoding("utf8").on("data", (text: string) => {
          err += text;
        });
        child.once("error", reject);
        child.once("close", (exitCode, signal) => resolve({ exitCode, signal, out, err }));
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
