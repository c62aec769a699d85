import type { JsonObject } from "@plumbline/core";
import { type ColorMode, type Colors, colorsEnabled, createColors } from "./colors.ts";
import { clockOf, type Io } from "./io.ts";
import { createProgressLine, type ProgressMode } from "./progress.ts";

/** What the global flags say about output. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: ColorMode;
  readonly progress?: ProgressMode;
}

/** A line for machines: what it is, and the version of its shape. */
export type EventLine = JsonObject & { readonly type: string; readonly v: number };

/** Where commands write. Data goes to stdout, talk to stderr. */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  /** a result for people, on stdout; nothing with `--json` */
  data(text: string): void;
  /** a line for programs, on stdout; only with `--json` */
  event(line: EventLine): void;
  /** what goes on, on stderr; nothing with `--quiet` */
  say(text: string): void;
  /** what needs attention, on stderr, always */
  warn(text: string): void;
  /** how far a long task is, on stderr; `fraction` in 0 … 1 */
  progress(text: string, fraction?: number): void;
  /** colours for `data` */
  readonly colors: Colors;
  /** colours for `say` and `warn` */
  readonly talkColors: Colors;
}

/** The output of one command under the given flags. */
export function createOutput(io: Io, flags: OutputFlags = {}): Output {
  const { json = false, quiet = false, verbose = false, color = "auto" } = flags;
  const mode = quiet ? "none" : (flags.progress ?? "auto");
  const line = createProgressLine(io.stderr, mode, clockOf(io));
  const talkColors = createColors(colorsEnabled(io.stderr, io.env, color));
  const talk = (text: string): void => {
    line.clear();
    io.stderr.write(`${text}\n`);
  };
  const result = (text: string): void => {
    if (io.stdout.isTTY) line.clear();
    io.stdout.write(`${text}\n`);
  };
  return {
    json,
    verbose,
    colors: createColors(colorsEnabled(io.stdout, io.env, color)),
    talkColors,
    data: (text) => {
      if (!json) result(text);
    },
    event: (event) => {
      if (json) result(JSON.stringify(event));
    },
    say: (text) => {
      if (!quiet) talk(text);
    },
    warn: (text) => talk(`${talkColors.yellow("warning:")} ${text}`),
    progress: (text, fraction) => line.update(text, fraction),
  };
}
