import { spawn } from "node:child_process";
import { PlumblineError } from "@plumbline/core";

/** Where the demo writes to; `process.stdout` and `process.stderr` fit. */
export interface TextSink {
  write(text: string): unknown;
}

/** How to run `plumbline` commands. */
export interface CommandContext {
  /** program and leading arguments that start the command line, as `["node", "dist/main.js"]` */
  readonly plumbline: readonly string[];
  /** where the command's talk goes */
  readonly stderr: TextSink;
  readonly signal?: AbortSignal | undefined;
}

/** A command ended with another code than 0; what it had to say stands on stderr already. */
export class CommandFailure extends Error {
  override readonly name: string = "CommandFailure";
  readonly exitCode: number;

  constructor(command: string, exitCode: number) {
    super(`${command} ended with code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A stopped command gets this long to save what it has before it is killed. */
const graceMs = 5000;

/** Passes text on line by line, each behind a prefix. */
function linePrefixer(prefix: string, sink: TextSink): { write(text: string): void; end(): void } {
  let rest = "";
  return {
    write: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) sink.write(`${prefix}${line}\n`);
    },
    end: () => {
      if (rest !== "") sink.write(`${prefix}${rest}\n`);
    },
  };
}

/** Quotes what a shell would take apart. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Runs one `plumbline` command to its end, having shown it as one would type it.
 *
 * @param args what follows `plumbline`
 * @param label stands before each line that the command says
 * @returns what the command wrote to stdout
 * @throws PlumblineError `cannot-start`
 * @throws CommandFailure when it ends with another code than 0, or by a signal (128 + number)
 */
export function runCommand(args: readonly string[], label: string, context: CommandContext): Promise<string> {
  const { plumbline, stderr, signal } = context;
  const shown = ["plumbline", ...args].map(shellWord).join(" ");
  const [program = "", ...leading] = plumbline;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new CommandFailure(shown, 130));
      return;
    }
    stderr.write(`$ ${shown}\n`);
    const child = spawn(program, [...leading, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const talk = linePrefixer(`${label} | `, stderr);
    let output = "";
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    };
    signal?.addEventListener("abort", stop, { once: true });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => talk.write(text));
    const finish = (): void => {
      clearTimeout(killer);
      signal?.removeEventListener("abort", stop);
      talk.end();
    };
    child.once("error", (error) => {
      finish();
      reject(
        new PlumblineError({
          code: "cannot-start",
          kind: "environment",
          message: `[demo] runCommand(): cannot start ${program}: ${error.message}`,
          hint: "is the command line installed and built?",
          cause: error,
        }),
      );
    });
    child.once("close", (code, name) => {
      finish();
      if (signal?.aborted === true) reject(new CommandFailure(shown, 130));
      else if (code === 0) resolve(output);
      else reject(new CommandFailure(shown, code ?? (name === "SIGINT" ? 130 : 143)));
    });
  });
}
