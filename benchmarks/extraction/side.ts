/** What a turn took. */
export interface Turn {
  readonly nTokens: number;
  readonly wallMs: number;
  /** of all threads of the process */
  readonly cpuMs: number;
}

/** One that takes turns in the benchmark of extraction. */
export interface Side {
  readonly name: string;
  /** versions, in one line */
  readonly description: string;
  /** one turn, on token ids that it has not seen */
  run(): Promise<Turn>;
  stop(): Promise<void>;
}
