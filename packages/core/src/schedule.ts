import type { StepStats } from "./engine.ts";
import type { JsonObject } from "./json.ts";

/** Where in training a step is. */
export interface Progress {
  /** step about to be taken, from 0 */
  readonly step: number;
  readonly nSteps: number;
}

/** Small explicit state of a schedule, checkpointed as JSON; `null` for schedules that need none. */
export type ScheduleState = JsonObject | null;

/**
 * Named scalars over training, as a pure function. State in, state out; nothing is remembered elsewhere, so a resumed run
 * continues exactly. The scalar `lr` is the learning rate; all others go to the architecture.
 */
export interface Schedule {
  readonly name: string;
  /** the scalars it supplies */
  readonly scalars: readonly string[];
  readonly initialState: ScheduleState;
  /** @param lastStats statistics of the newest step that reported any */
  at(
    progress: Progress,
    state: ScheduleState,
    lastStats: StepStats | undefined,
  ): { readonly scalars: Readonly<Record<string, number>>; readonly state: ScheduleState };
}
