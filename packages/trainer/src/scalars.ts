import {
  PlumblineError,
  type Progress,
  type Schedule,
  type ScheduleState,
  type StepStats,
} from "@plumbline/core";

/** The scalar that goes to the optimizer; all others go to the architecture. */
const learningRate = "lr";

/** States of schedules by name; what a checkpoint keeps of them. */
export type ScheduleStates = Readonly<Record<string, ScheduleState>>;

/** All scalars of one step. */
export interface StepScalars {
  readonly lr: number;
  readonly scalars: Readonly<Record<string, number>>;
}

function refuse(code: string, message: string, hint: string): PlumblineError {
  return new PlumblineError({ code, kind: "usage", message: `[trainer] train(): ${message}`, hint });
}

/** Refuses two suppliers of one scalar, two schedules of one name, and a run without a learning rate. */
export function checkSuppliers(
  schedules: readonly Schedule[],
  fixed: Readonly<Record<string, number>>,
): void {
  const names = schedules.map((schedule) => schedule.name);
  const supplied = [...Object.keys(fixed), ...schedules.flatMap((schedule) => schedule.scalars)];
  const twice = (list: readonly string[]): string | undefined =>
    list.find((name, i) => list.indexOf(name) !== i);
  const name = twice(names);
  if (name !== undefined)
    throw refuse("duplicate-schedule", `two schedules are named "${name}"`, "rename one of them");
  const scalar = twice(supplied);
  if (scalar !== undefined) {
    throw refuse(
      "duplicate-scalar",
      `the scalar "${scalar}" has two suppliers`,
      "keep one schedule or fixed value",
    );
  }
  if (!supplied.includes(learningRate)) {
    throw refuse(
      "missing-lr",
      "no schedule supplies the learning rate",
      'add a schedule or fixed scalar named "lr"',
    );
  }
}

/** The states that schedules start from, by name. */
export function initialStates(schedules: readonly Schedule[]): ScheduleStates {
  return Object.fromEntries(schedules.map((schedule) => [schedule.name, schedule.initialState]));
}

/** Refuses what a schedule did not declare or cannot be used: it would train on, wrongly, until the loss is lost. */
function checkSupplied(schedule: Schedule, scalars: Readonly<Record<string, number>>, step: number): void {
  const declared = [...schedule.scalars].sort().join(", ");
  const supplied = Object.keys(scalars).sort().join(", ");
  const wrong = Object.entries(scalars).find(([, value]) => !Number.isFinite(value));
  if (declared === supplied && wrong === undefined) return;
  throw new PlumblineError({
    code: "bad-scalar",
    kind: "usage",
    message:
      wrong === undefined
        ? `[trainer] train(): expected ${declared || "nothing"} from schedule "${schedule.name}", got ${supplied || "nothing"}`
        : `[trainer] train(): expected a finite ${wrong[0]} from schedule "${schedule.name}", got ${wrong[1]}`,
    where: `step ${step}`,
    hint: "correct the schedule",
  });
}

/** Evaluates every schedule once: the scalars of this step and the states for the next. */
export function evaluate(
  schedules: readonly Schedule[],
  options: {
    fixed: Readonly<Record<string, number>>;
    progress: Progress;
    states: ScheduleStates;
    lastStats: StepStats | undefined;
  },
): { readonly scalars: StepScalars; readonly states: ScheduleStates } {
  const { fixed, progress, states, lastStats } = options;
  const all: Record<string, number> = { ...fixed };
  const next: Record<string, ScheduleState> = {};
  for (const schedule of schedules) {
    const { scalars, state } = schedule.at(progress, states[schedule.name] ?? null, lastStats);
    checkSupplied(schedule, scalars, progress.step + 1);
    Object.assign(all, scalars);
    next[schedule.name] = state;
  }
  // There is one: checkSuppliers() and checkSupplied() saw to it.
  const { [learningRate]: lr = Number.NaN, ...scalars } = all;
  return { scalars: { lr, scalars }, states: next };
}
