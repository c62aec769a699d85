import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions, usage } from "./options.ts";
import { findTorch } from "./processes/torch-python.ts";
import { floorsLines } from "./report/floors-report.ts";
import { headerLines, readHeader } from "./report/header.ts";
import { createRun } from "./run.ts";
import { UsageError } from "./usage-error.ts";
import { workloads } from "./workloads.ts";

/** Version of what `--json` writes. */
const jsonVersion = 1;

/** What ends the command early; the folder of batches goes with it. */
const stopSignals = ["SIGINT", "SIGTERM"] as const;

async function benchmark(options: Exclude<ReturnType<typeof parseOptions>, "help">): Promise<void> {
  const started = performance.now();
  const { found, skipped } = options.torch ? await findTorch() : { found: [], skipped: [] };
  const header = await readHeader({
    pythons: found,
    threads: options.threads,
    instructionSet: options.instructionSet,
  });
  for (const line of headerLines(header)) console.log(line);
  const folder = mkdtempSync(join(tmpdir(), "plumbline-bench-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const interrupted = (signal: NodeJS.Signals): void => {
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of stopSignals) process.once(signal, interrupted);
  try {
    const run = createRun({ options, pythons: found, folder, skipped });
    for (const workload of workloads) {
      if (options.workloads.includes(workload.name)) await run.workload(workload);
    }
    for (const line of floorsLines(run.verdicts)) console.log(line);
    console.log("");
    for (const [engine, device] of run.devices) console.log(`${engine.padEnd(13)} ran on ${device}`);
    for (const reason of run.skipped) console.log(`skipped: ${reason}`);
    const minutes = (performance.now() - started) / 60_000;
    console.log(`took ${minutes.toFixed(1)} min`);
    if (options.json !== undefined) {
      const { results, verdicts } = run;
      const all = { version: jsonVersion, header, results, verdicts, skipped: [...run.skipped] };
      await writeFile(options.json, `${JSON.stringify(all, undefined, 1)}\n`);
    }
  } finally {
    for (const signal of stopSignals) process.off(signal, interrupted);
    remove();
  }
}

/**
 * `npm run -s bench -- engine`: training steps and encoding of our engines and of PyTorch's, in turns on the same data.
 *
 * @returns the exit code: 0, or 2 for a usage error. A floor that is missed is printed, and no failure.
 */
export async function engineBenchmark(argv: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options === "help") console.log(usage);
    else await benchmark(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}
