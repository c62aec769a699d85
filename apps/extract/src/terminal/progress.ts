import type { TextSink } from "./io.ts";

/** How progress is shown: a line that redraws itself, a plain line now and then, or not at all. */
export type ProgressMode = "auto" | "bar" | "plain" | "none";

/** Shows how far a long task is. */
export interface ProgressLine {
  /** @param fraction 0 … 1, or nothing where the end is unknown */
  update(text: string, fraction?: number): void;
  /** takes the bar away, so that other text can be written */
  clear(): void;
}

/** Between plain lines: rare enough for a log, often enough to see that it lives. */
const plainIntervalMs = 10_000;
/** Between redraws of the bar: below what an eye follows. */
const barIntervalMs = 100;
const barWidth = 12;

function bar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
  return `${"▓".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}

function percent(fraction: number): string {
  return `${String(Math.floor(fraction * 100)).padStart(3)} %`;
}

/**
 * Progress on `sink`. The bar is redrawn with a carriage return and padding, so it holds no escape sequence.
 *
 * @param clock milliseconds
 */
export function createProgressLine(sink: TextSink, mode: ProgressMode, clock: () => number): ProgressLine {
  const shown = mode === "auto" ? (sink.isTTY ? "bar" : "plain") : mode;
  if (shown === "none") return { update: () => undefined, clear: () => undefined };
  let last = shown === "plain" ? clock() : Number.NEGATIVE_INFINITY;
  if (shown === "plain") {
    return {
      update: (text, fraction) => {
        if (clock() - last < plainIntervalMs) return;
        last = clock();
        sink.write(`${fraction === undefined ? "" : `${percent(fraction)} · `}${text}\n`);
      },
      clear: () => undefined,
    };
  }
  let drawn = 0;
  return {
    update: (text, fraction) => {
      if (clock() - last < barIntervalMs) return;
      last = clock();
      const head = fraction === undefined ? "" : `${percent(fraction)} ${bar(fraction)} `;
      const line = `${head}${text}`.slice(0, Math.max(10, (sink.columns ?? 80) - 1));
      sink.write(`\r${line.padEnd(drawn)}`);
      drawn = line.length;
    },
    clear: () => {
      if (drawn > 0) sink.write(`\r${" ".repeat(drawn)}\r`);
      drawn = 0;
      last = Number.NEGATIVE_INFINITY;
    },
  };
}
