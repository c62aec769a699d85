import { PlumblineError } from "@plumbline/core";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { colorsEnabled } from "./colors.ts";
import type { Io } from "./io.ts";
import { createOutput, type Output, type OutputFlags } from "./output.ts";
import { reportError } from "./report-error.ts";

/** What an action is given beside its arguments. */
export interface ActionContext<Flags> {
  readonly io: Io;
  readonly output: Output;
  readonly flags: Flags & OutputFlags;
  /** positional arguments in order; those of a repeated last one each for itself */
  readonly args: readonly (string | undefined)[];
}

/** What a command does; a number is its exit code, nothing is 0. */
export type Action<Flags> = (context: ActionContext<Flags>) => Promise<number | undefined>;

/** A program under construction: add commands to `command`, give each its action with `action`. */
export interface Program {
  readonly command: Command;
  action<Flags extends object>(command: Command, run: Action<Flags>): Command;
  /** parses `argv` (without the program's own name), runs, reports errors; returns the exit code */
  run(argv: readonly string[]): Promise<number>;
}

/** A flag's whole number, at least 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === "") {
    throw new InvalidArgumentError("Expected a whole number, 0 or more.");
  }
  return value;
}

/** A flag's finite number. */
export function realNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || text.trim() === "") throw new InvalidArgumentError("Expected a number.");
  return value;
}

/** Collects whole numbers of a flag that may be given several times. */
export function repeatedNumber(text: string, previous: readonly number[] | undefined): readonly number[] {
  return [...(previous ?? []), wholeNumber(text)];
}

/** Collects a flag that may be given several times. */
export function repeated(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

function addGlobalFlags(command: Command): Command {
  return command
    .addOption(new Option("--json", "machine-readable lines on stdout"))
    .addOption(new Option("-q, --quiet", "no progress, only results, warnings and errors"))
    .addOption(new Option("-v, --verbose", "stacks with errors"))
    .addOption(new Option("--color <when>", "colour").choices(["auto", "always", "never"]))
    .addOption(
      new Option("--progress <how>", "progress on stderr").choices(["auto", "bar", "plain", "none"]),
    );
}

/** Flags that matter for reporting, read from arguments that may not have parsed. */
function looseFlags(argv: readonly string[]): OutputFlags {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  const asked = /(?:^| )--color[= ](always|never)/.exec(own.join(" "))?.[1];
  const color = asked === "always" || asked === "never" ? asked : "auto";
  return {
    json: own.includes("--json"),
    verbose: own.includes("-v") || own.includes("--verbose"),
    color,
  };
}

/** commander's refusal in our three parts. */
function usageError(error: CommanderError, program: string): PlumblineError {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").trim().replace(/^\(/, "").replace(/\)$/, "");
  const help = `run "${program} --help" for what there is`;
  return new PlumblineError({
    code: error.code.replace(/^commander\./, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    kind: "usage",
    message: first,
    where: program,
    hint: suggestion === "" ? help : `${suggestion} Or ${help}`,
  });
}

/** A command with its parents: `plumbline config schema`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/**
 * A command-line program that writes only through `io` and never ends the process.
 *
 * @param options.version what `--version` prints
 */
export function createProgram(options: {
  name: string;
  description: string;
  version: string;
  io: Io;
}): Program {
  const { name, io } = options;
  let exitCode = 0;
  let running = name;
  let flags: OutputFlags = {};
  let refusedWith = "";
  const command = addGlobalFlags(new Command(name).description(options.description));
  command
    .version(options.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => {
        refusedWith = text;
      },
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => colorsEnabled(io.stdout, io.env),
    })
    .exitOverride();
  return {
    command,
    action: (target, run) =>
      target.action(async (...received: unknown[]) => {
        const self = received.at(-1) as Command;
        running = pathOf(self);
        const given = self.optsWithGlobals() as Parameters<typeof run>[0]["flags"];
        flags = given;
        const args = received.slice(0, -2).flat() as (string | undefined)[];
        exitCode = (await run({ io, output: createOutput(io, given), flags: given, args })) ?? 0;
      }),
    run: async (argv) => {
      flags = looseFlags(argv);
      try {
        await command.parseAsync([...argv], { from: "user" });
        return exitCode;
      } catch (error) {
        if (!(error instanceof CommanderError)) return reportError(error, { io, flags, command: running });
        if (error.exitCode === 0) return 0;
        if (error.code === "commander.help") {
          (argv.length === 0 ? io.stdout : io.stderr).write(refusedWith);
          return argv.length === 0 ? 0 : 2;
        }
        const named = command.commands.find((one) => argv.includes(one.name()));
        const where = named === undefined ? name : pathOf(named);
        return reportError(usageError(error, where), { io, flags, command: where });
      }
    },
  };
}
