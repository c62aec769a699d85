import { interruption } from "./exit-code.ts";
import type { Io, TextSink } from "./io.ts";

/** A process stream that stays silent once its reader has gone (`| head`). */
function sink(stream: NodeJS.WriteStream): TextSink {
  let open = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    open = false;
  });
  return {
    write: (text) => open && stream.write(text),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
  };
}

/** Turns the first SIGINT or SIGTERM into a polite request, the second into the end. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(signal === "SIGTERM" ? 143 : 130);
      controller.abort(interruption(signal));
      process.stderr.write("\nstopping as soon as nothing is lost; once more to stop at once\n");
    });
  }
  return controller.signal;
}

/**
 * Runs a program on this process: its streams, environment, folder and signals, and its exit code at the end. For the
 * `main.ts` of a binary.
 */
export async function runOnProcess(run: (argv: readonly string[], io: Io) => Promise<number>): Promise<void> {
  let signal: AbortSignal | undefined;
  const io: Io = {
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    // Only a command that asks for the signal can end politely; all others end at once, as any program does.
    get signal() {
      signal ??= listenForSignals();
      return signal;
    },
  };
  process.exitCode = await run(process.argv.slice(2), io);
}
