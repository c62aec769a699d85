import type { Command } from "commander";
import type { ExtractFlags } from "./commands/extract-command.ts";
import type { Io } from "./terminal/io.ts";
import { createProgram, type Program, repeated } from "./terminal/program.ts";
import { version } from "./version.ts";

const description = "run a model or read a file, and write its activations into a store";

/** Gives `command` the arguments, flags and action of an extraction. */
export function describeExtract(program: Program, command: Command): Command {
  command
    .description(description)
    .argument("<config>", "configuration: JSON with comments, or a module with a default export")
    .option("--set <key=value>", "change one key of the configuration; repeatable", repeated)
    .option("--out <folder>", "folder of the store to make")
    .option("--dry-run", "open the source, read its first chunk, say time and disk; write nothing");
  // Loaded when it runs: help needs neither stores nor models.
  return program.action<ExtractFlags>(command, async (context) =>
    (await import("./commands/extract-command.ts")).extract(context),
  );
}

/**
 * The command `plumbline-extract`.
 *
 * @param argv arguments without the program's name
 * @param io where it reads and writes; see `@plumbline/extract/terminal`
 * @returns the exit code: 0 done, 1 bug, 2 usage or configuration, 3 input, 4 environment, 130 and 143 stopped
 */
export async function runExtract(argv: readonly string[], io: Io): Promise<number> {
  const program = createProgram({ name: "plumbline-extract", description, version, io });
  describeExtract(program, program.command);
  return program.run(argv);
}
