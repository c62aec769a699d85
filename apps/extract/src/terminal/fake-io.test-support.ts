import type { Io } from "./io.ts";

/** An `Io` that keeps what is written; time stands still unless `advance` is called. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly lines: () => readonly { readonly type: string; readonly [key: string]: unknown }[];
  readonly advance: (ms: number) => void;
}

export function fakeIo(
  options: { env?: Io["env"]; cwd?: string; isTTY?: boolean; signal?: AbortSignal } = {},
): FakeIo {
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
