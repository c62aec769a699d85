/** A place to write text to: a stream of the process, or an array in a test. */
export interface TextSink {
  write(text: string): unknown;
  /** true where a person looks at it */
  readonly isTTY?: boolean | undefined;
  /** width of the terminal in characters */
  readonly columns?: number | undefined;
}

/** Everything of the outside world that a command touches, so that it can run inside another program or a test. */
export interface Io {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** folder that relative paths on the command line start from */
  readonly cwd: string;
  /** aborted with {@link interruption} to ask for a polite end: finish the step, save, return */
  readonly signal?: AbortSignal | undefined;
  /** milliseconds; for progress and times in logs only */
  readonly clock?: (() => number) | undefined;
}

/** The clock of `io`, or the system's. */
export function clockOf(io: Io): () => number {
  return io.clock ?? Date.now;
}
