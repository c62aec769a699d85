import { PlumblineError, type Schedule, type ScheduleState, type StepStats } from "@plumbline/core";

/** Settings of {@link pAnnealing}. Steps count from 0. */
export interface PAnnealingOptions {
  /** coefficient of the penalty at p = pStart, after the warmup */
  readonly coefficient: number;
  /** p at first */
  readonly pStart?: number;
  /** p at last, above 0 */
  readonly pEnd?: number;
  /** step after which the updates begin; a fraction of training where below 1 */
  readonly start?: number;
  /** step after which p is at pEnd; a fraction of training where 1 or below */
  readonly end?: number;
  /** values of p in all, pStart and pEnd included; fewer where there are fewer steps from `start` to `end` */
  readonly nUpdates?: number;
  /** steps that the penalty's ratio is averaged over when p changes */
  readonly queueLength?: number;
  /** steps over which the coefficient rises from 0 */
  readonly warmupSteps?: number;
}

/** What the schedule remembers; plain JSON, so that a checkpoint holds it. */
interface AnnealingState {
  readonly coefficient: number;
  readonly p: number;
  /** absent until the first update */
  readonly nextP: number | null;
  /** updates made */
  readonly nMade: number;
  /** penalty at p and at the next p, of the newest steps */
  readonly queue: readonly (readonly [number, number])[];
}

/** n values from `from` to `to`, evenly spaced. */
function evenly(from: number, to: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => (n === 1 ? from : from + ((to - from) * i) / (n - 1)));
}

function absolute(step: number, nSteps: number, fraction: (step: number) => boolean): number {
  return fraction(step) ? Math.round(step * nSteps) : step;
}

function refuse(problem: string, hint = "correct that option"): PlumblineError {
  return new PlumblineError({
    code: "bad-schedule",
    kind: "usage",
    message: `[schedules] pAnnealing(): ${problem}`,
    hint,
  });
}

function checkOptions(options: Required<PAnnealingOptions>): void {
  const { pStart, pEnd, nUpdates, queueLength, coefficient, start, end, warmupSteps } = options;
  const finite = (value: number): boolean => Number.isFinite(value) && value >= 0;
  const problem =
    (!(finite(pEnd) && finite(pStart) && pEnd > 0 && pStart > 0) &&
      `expected p above 0, got ${pStart} to ${pEnd}`) ||
    (!(Number.isInteger(nUpdates) && nUpdates >= 2) && `expected at least 2 updates, got ${nUpdates}`) ||
    (!(Number.isInteger(queueLength) && queueLength >= 1) &&
      `expected a queue of at least 1, got ${queueLength}`) ||
    (!finite(coefficient) && `expected a coefficient of at least 0, got ${coefficient}`) ||
    (!(finite(start) && finite(end)) && `expected start and end of at least 0, got ${start} and ${end}`) ||
    (!finite(warmupSteps) && `expected warmupSteps of at least 0, got ${warmupSteps}`);
  if (problem !== false) throw refuse(problem);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The queue with the penalties of a step, where both are known. */
function queued(queue: AnnealingState["queue"], length: number, stats?: StepStats): AnnealingState["queue"] {
  const { penaltyAtP, penaltyAtNextP } = stats?.statistics ?? {};
  if (penaltyAtP === undefined || penaltyAtNextP === undefined) return queue;
  return [...queue, [penaltyAtP, penaltyAtNextP] as const].slice(-length);
}

/** The factor on the coefficient that keeps the penalty as it is; 1 where nothing fired, so that any factor does. */
function ratioOf(queue: AnnealingState["queue"]): number {
  const ratio = mean(queue.map(([now]) => now)) / mean(queue.map(([, next]) => next));
  return Number.isFinite(ratio) && ratio > 0 ? ratio : 1;
}

/** The state after a step has been taken: its penalties are queued, and p moves on where an update is due. */
function afterStep(
  state: AnnealingState,
  options: { plan: Plan; queueLength: number; step: number; stats: StepStats | undefined },
): AnnealingState {
  const { plan, queueLength, step, stats } = options;
  if (state.nMade === plan.steps.length) return state;
  const queue = state.nextP === null ? state.queue : queued(state.queue, queueLength, stats);
  if (step !== plan.steps[state.nMade]) return { ...state, queue };
  const coefficient = state.coefficient * (state.nextP === null ? 1 : ratioOf(queue));
  const p = plan.values[state.nMade] ?? state.p;
  const nextP = plan.values[state.nMade + 1] ?? plan.values.at(-1) ?? p;
  return { coefficient, p, nextP, nMade: state.nMade + 1, queue };
}

/** After which steps p changes, and to what. */
interface Plan {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

function planFor(options: Required<PAnnealingOptions>, nSteps: number): Plan {
  const { start, end, pStart, pEnd } = options;
  const first = Math.trunc(absolute(start, nSteps, (step) => step < 1));
  const last = Math.trunc(absolute(end, nSteps, (step) => step <= 1));
  if (last <= first) {
    throw refuse(
      `expected end after start, got steps ${first} to ${last} of ${nSteps}`,
      "train longer or correct start and end",
    );
  }
  // At most one update a step: a later one needs penalties measured at the p that the earlier one set.
  const nUpdates = Math.min(options.nUpdates, last - first + 1);
  return { steps: evenly(first, last, nUpdates).map(Math.trunc), values: evenly(pStart, pEnd, nUpdates) };
}

/**
 * p-annealing: the power of the sparsity penalty falls from `pStart` to `pEnd` by `nUpdates` evenly spaced values, and each time
 * the coefficient is multiplied by the ratio of the penalty at the old and the new p, averaged over the newest `queueLength`
 * steps, so that coefficient times penalty is continuous.
 *
 * Supplies `p`, `nextP` and `sparsityCoefficient` to an architecture that reports `penaltyAtP` and `penaltyAtNextP`. The first update
 * sets the next p only; an update counts from the step after it.
 *
 * By default p is at `pEnd` for the last tenth of training. dictionary_learning ends its updates at the last step, which is
 * never reached, so that p stops one value short; `end` at the number of steps gives that.
 *
 * Updates that are closer together than the queue is long mix penalties of several p, and the product is continuous in part only;
 * dictionary_learning does the same. Where nothing fired in the queued steps the coefficient stays as it is. Penalties that are not finite are not queued.
 *
 * @throws PlumblineError `bad-schedule` for options that make no sense; `at` throws it for a run too short for them
 * @source Karvonen et al. 2024 (arXiv 2408.00113), section 4; order of a step as in dictionary_learning
 * @example
 * import { pAnnealing } from "@plumbline/schedules";
 *
 * const schedule = pAnnealing({ coefficient: 0.1, start: 2, end: 8, nUpdates: 4 });
 * console.log(schedule.at({ step: 0, nSteps: 10 }, schedule.initialState, undefined).scalars.p); // 1
 */
export function pAnnealing(options: PAnnealingOptions): Schedule {
  const { coefficient, pStart = 1, pEnd = 0.2, start = 0.1, end = 0.9 } = options;
  const { nUpdates = 10, queueLength = 10, warmupSteps = 0 } = options;
  const complete = { coefficient, pStart, pEnd, start, end, nUpdates, queueLength, warmupSteps };
  checkOptions(complete);
  const initial: AnnealingState = { coefficient, p: pStart, nextP: null, nMade: 0, queue: [] };
  return Object.freeze({
    name: "p-annealing",
    scalars: ["sparsityCoefficient", "p", "nextP"],
    initialState: initial as unknown as ScheduleState,
    needsStats: ({ step, nSteps }) => {
      const { steps } = planFor(complete, nSteps);
      return step > (steps[0] ?? 0) && step <= (steps.at(-1) ?? 0);
    },
    at: ({ step, nSteps }, saved, stats) => {
      const before = saved as unknown as AnnealingState;
      const plan = planFor(complete, nSteps);
      const state = step === 0 ? before : afterStep(before, { plan, queueLength, step: step - 1, stats });
      const warmup = warmupSteps === 0 ? 1 : Math.min(step / warmupSteps, 1);
      return {
        scalars: {
          sparsityCoefficient: warmup * state.coefficient,
          p: state.p,
          nextP: state.nextP ?? state.p,
        },
        state: state as unknown as ScheduleState,
      };
    },
  } satisfies Schedule);
}
