import type { Io } from "./io.ts";

/** An {@link Io} that keeps what is written; see {@link memoryIo}. */
export interface MemoryIo extends Io {
  /** stdout so far */
  readonly out: () => string;
  /** stderr so far */
  readonly err: () => string;
  /** stdout as lines of JSON */
  readonly lines: () => readonly { readonly type: string; readonly [key: string]: unknown }[];
  /** lets time pass for progress */
  readonly advance: (ms: number) => void;
}

/**
 * An {@link Io} that keeps what is written, for tests and for programs that want a command's output. Its clock stands still
 * unless `advance` is called.
 *
 * @param options.isTTY whether the streams pretend to be a terminal of 80 columns
 * @example
 * import { createOutput, memoryIo } from "@plumbline/extract/terminal";
 *
 * const io = memoryIo();
 * createOutput(io, { json: true }).event({ type: "done", v: 1 });
 * console.log(io.lines()[0]?.type); // done
 */
export function memoryIo(
  options: { env?: Io["env"]; cwd?: string; isTTY?: boolean; signal?: AbortSignal } = {},
): MemoryIo {
  const out: string[] = [];
  const err: string[] = [];
  let now = 0;
  const sink = (parts: string[]) => ({
    write: (text: string) => parts.push(text),
    isTTY: options.isTTY ?? false,
    columns: 80,
  });
  return {
    stdout: sink(out),
    stderr: sink(err),
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    clock: () => now,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    out: () => out.join(""),
    err: () => err.join(""),
    lines: () =>
      out
        .join("")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    advance: (ms) => {
      now += ms;
    },
  };
}
