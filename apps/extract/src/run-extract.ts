import type { Command } from "commander";
import type { ExtractFlags } from "./commands/extract-flags.ts";
import type { HooksFlags } from "./commands/hooks-command.ts";
import type { Io } from "./terminal/io.ts";
import { createProgram, type Program, repeated } from "./terminal/program.ts";
import { version } from "./version.ts";

const description = "run a model or read a file, and write its activations into a store";

/** Gives `command` the arguments, flags and action of an extraction, and its subcommands. */
export function describeExtract(program: Program, command: Command): Command {
  const withConfig = (one: Command): Command =>
    one
      .argument("<config>", "configuration: JSON with comments, or a module with a default export")
      .option("--set <key=value>", "change one key of the configuration; repeatable", repeated)
      .option("--out <folder>", "folder of the store to make, or an s3:// address");
  withConfig(command.description(description))
    .option("--resume", "go on where an interrupted extraction stopped")
    .option("--dry-run", "the same as plan");
  // Loaded when they run: help needs neither stores nor models.
  const plan = command.command("plan").description("say rows, disk and time of an extraction; write nothing");
  program.action<ExtractFlags>(withConfig(plan), async (context) =>
    (await import("./commands/plan-command.ts")).plan(context),
  );
  const hooks = command
    .command("hooks")
    .description("list the places of an ONNX model whose activations can be read")
    .argument("<model>", "folder of the model, or an .onnx file")
    .option("--model-file <name>", "which file of a folder with several")
    .option("--all", "also tensors that have no usual name");
  program.action<HooksFlags>(hooks, async (context) =>
    (await import("./commands/hooks-command.ts")).hooks(context),
  );
  const verify = command
    .command("verify")
    .description("read a store from end to end and name everything that is wrong")
    .argument("<store>", "folder of the store, or an s3:// address");
  program.action<object>(verify, async (context) =>
    (await import("./commands/verify-command.ts")).verify(context),
  );
  return program.action<ExtractFlags>(command, async (context) =>
    (await import("./commands/extract-command.ts")).extract(context),
  );
}

/**
 * The command `plumbline-extract`.
 *
 * @param argv arguments without the program's name
 * @param io where it reads and writes; see `@plumbline/extract/terminal`
 * @returns the exit code: 0 done, 1 bug, 2 usage or configuration, 3 input, 4 environment, 6 a store that is not as it should be, 130 and 143 stopped
 */
export async function runExtract(argv: readonly string[], io: Io): Promise<number> {
  const program = createProgram({ name: "plumbline-extract", description, version, io });
  describeExtract(program, program.command);
  return program.run(argv);
}
