/** Version of the event lines; part of every one. */
export const eventVersion = 1;

/** What a training run says while it goes; one JSON line each in the run's log. */
export type TrainerEvent =
  | {
      readonly type: "run-start";
      readonly v: typeof eventVersion;
      /** steps taken before, above 0 for a resumed run */
      readonly step: number;
      readonly nSteps: number;
      readonly batchSize: number;
      readonly dIn: number;
      readonly dSae: number;
      readonly inputScale: number;
    }
  | {
      readonly type: "step";
      readonly v: typeof eventVersion;
      /** steps taken, this one included */
      readonly step: number;
      readonly tokens: number;
      readonly loss: number;
      readonly losses: Readonly<Record<string, number>>;
      /** statistics of the architecture; one that is not finite is left out, and a warning says so */
      readonly metrics: Readonly<Record<string, number>>;
      readonly gradientNorm: number;
      /** the scalars that this step was taken with, the learning rate among them */
      readonly schedule: Readonly<Record<string, number>>;
      /** only with a clock; never the same twice */
      readonly perf?: { readonly msPerStep: number; readonly tokensPerSecond: number };
    }
  | {
      readonly type: "checkpoint-saved";
      readonly v: typeof eventVersion;
      readonly step: number;
      readonly tokens: number;
      /** as the writer names it */
      readonly path?: string;
    }
  | {
      readonly type: "warning";
      readonly v: typeof eventVersion;
      /** `diverged`, or `undefined-statistic` */
      readonly code: string;
      readonly message: string;
      readonly step: number;
    }
  | {
      readonly type: "run-end";
      readonly v: typeof eventVersion;
      readonly status: RunStatus;
      readonly step: number;
      readonly tokens: number;
    };

/** How a run ended. */
export type RunStatus = "completed" | "interrupted" | "diverged";

/** One event as a line of NDJSON, newline included. */
export function eventLine(event: TrainerEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * A listener that writes every event as a line of NDJSON.
 *
 * @param write takes a line, newline included; the run waits for it, and stops with what it throws
 * @example
 * import { createRunLog } from "@plumbline/trainer";
 *
 * const log = createRunLog((line) => console.log(line.trimEnd()));
 * await log({ type: "run-end", v: 1, status: "completed", step: 10, tokens: 80 }); // {"type":"run-end","v":1,"status":"completed","step":10,"tokens":80}
 */
export function createRunLog(
  write: (line: string) => void | Promise<void>,
): (event: TrainerEvent) => Promise<void> {
  return async (event) => write(eventLine(event));
}
