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
  /**
   * Whether the next call of `at` wants statistics of this step. A schedule that reads them should ask: which steps report
   * otherwise depends on how often the run logs and saves.
   */
  readonly needsStats?: (progress: Progress) => boolean;
  /** @param lastStats statistics of the newest step that reported any; those that were not finite are left out */
  at(
    progress: Progress,
    state: ScheduleState,
    lastStats: StepStats | undefined,
  ): { readonly scalars: Readonly<Record<string, number>>; readonly state: ScheduleState };
}
