import { PlumblineError, type Schedule, type ScheduleState, type StepStats } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { scheduleFromConfig } from "./config.ts";
import { type PAnnealingOptions, pAnnealing } from "./p-annealing.ts";

type Scalars = Readonly<Record<"sparsityCoefficient" | "p" | "nextP", number>>;

const reported = (penaltyAtP: number, penaltyAtNextP: number): StepStats => ({
  loss: 1,
  gradientNorm: 1,
  terms: {},
  statistics: { penaltyAtP, penaltyAtNextP },
});

/** Latents whose Σ latents^p is the penalty. */
const latents = [0.1, 0.5, 2];
const penalty = (p: number): number => latents.reduce((sum, value) => sum + value ** p, 0);

/** Scalars of every step of a run in which nothing but p changes; statistics come where they are asked for. */
function run(
  schedule: Schedule,
  nSteps: number,
  options: {
    stats?: (scalars: Scalars, step: number) => StepStats | undefined;
    between?: (state: ScheduleState) => ScheduleState;
  } = {},
): { readonly steps: readonly Scalars[]; readonly states: readonly ScheduleState[] } {
  const { stats = ({ p, nextP }) => reported(penalty(p), penalty(nextP)), between = (state) => state } =
    options;
  let state = schedule.initialState;
  let lastStats: StepStats | undefined;
  const [steps, states]: [Scalars[], ScheduleState[]] = [[], []];
  for (let step = 0; step < nSteps; step++) {
    const now = schedule.at({ step, nSteps }, state, lastStats);
    state = between(now.state);
    steps.push(now.scalars as Scalars);
    states.push(state);
    if (schedule.needsStats?.({ step, nSteps }) === true) lastStats = stats(now.scalars as Scalars, step);
  }
  return { steps, states };
}

const column = (steps: readonly Scalars[], name: keyof Scalars): number[] => steps.map((step) => step[name]);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (PlumblineError.isInstance(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing was thrown";
}

suite("pAnnealing()", () => {
  test("moves p by even steps, one step after each update", () => {
    // Updates after steps 2, 4, 6, 8, to 1, 0.8, 0.6, 0.4. The first sets the next p only.
    const schedule = pAnnealing({ coefficient: 1, start: 2, end: 8, nUpdates: 4, pEnd: 0.4 });
    const { steps } = run(schedule, 12);
    const p = [1, 1, 1, 1, 1, 0.8, 0.8, 0.6, 0.6, 0.4, 0.4, 0.4];
    const nextP = [1, 1, 1, 0.8, 0.8, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4];
    column(steps, "p").forEach((value, step) => {
      expect(value, `p at step ${step}`).toBeCloseTo(p[step] ?? Number.NaN, 12);
    });
    column(steps, "nextP").forEach((value, step) => {
      expect(value, `next p at step ${step}`).toBeCloseTo(nextP[step] ?? Number.NaN, 12);
    });
  });

  test("keeps coefficient times penalty as it is when p changes", () => {
    // An update every third step; a longer queue would mix penalties of several p.
    const schedule = pAnnealing({ coefficient: 0.3, start: 2, end: 20, nUpdates: 7, queueLength: 3 });
    const { steps } = run(schedule, 24);
    expect(new Set(column(steps, "p")).size).toBe(7);
    for (const { sparsityCoefficient, p } of steps) {
      expect(sparsityCoefficient * penalty(p)).toBeCloseTo(0.3 * penalty(1), 10);
    }
  });

  test("averages the penalties over the newest steps, of the queue's length", () => {
    const schedule = pAnnealing({ coefficient: 1, start: 1, end: 5, nUpdates: 2, queueLength: 2 });
    // The first update is after step 1; steps 2 to 5 are queued, the last two stay: (6 + 2) / (1 + 3).
    const penalties = [
      [9, 9],
      [9, 9],
      [8, 1],
      [8, 1],
      [6, 1],
      [2, 3],
    ] as const;
    const stats = (_: Scalars, step: number): StepStats => {
      const [now = 0, next = 0] = penalties[step] ?? [];
      return reported(now, next);
    };
    expect(column(run(schedule, 8, { stats }).steps, "sparsityCoefficient")).toEqual([
      1, 1, 1, 1, 1, 1, 2, 2,
    ]);
  });

  test("asks for the statistics that it reads, and for no others", () => {
    const schedule = pAnnealing({ coefficient: 1, start: 2, end: 8, nUpdates: 4 });
    const asked = Array.from({ length: 12 }, (_, step) => schedule.needsStats?.({ step, nSteps: 12 }));
    expect(asked.map((wanted, step) => (wanted === true ? step : -1)).filter((step) => step >= 0)).toEqual([
      3, 4, 5, 6, 7, 8,
    ]);
    // Statistics that stay the newest for long after the last update change nothing any more, the state included.
    const { states } = run(schedule, 12);
    expect(new Set(states.slice(9).map((state) => JSON.stringify(state))).size).toBe(1);
  });

  test("is at pEnd for the last tenth of training by default, however long that is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 400 }), (nSteps) => {
        const { steps } = run(pAnnealing({ coefficient: 1 }), nSteps);
        expect(steps[0]?.p).toBe(1);
        expect(steps.at(-1)?.p).toBeCloseTo(0.2, 12);
        const p = column(steps, "p");
        expect(p.every((value, i) => i === 0 || value <= (p[i - 1] ?? 0))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("stops one value short where the updates end with training, as in dictionary_learning", () => {
    const { steps } = run(pAnnealing({ coefficient: 1, start: 0, end: 20, nUpdates: 5 }), 20);
    expect(steps.at(-1)?.p).toBeCloseTo(0.4, 12);
    expect(steps.at(-1)?.nextP).toBeCloseTo(0.2, 12);
  });

  test("takes an update a step where there are fewer steps than updates, and still arrives", () => {
    // Steps 2 to 5 have room for four of ten values.
    const { steps } = run(pAnnealing({ coefficient: 1, start: 2, end: 5, nUpdates: 10, pEnd: 0.4 }), 9);
    const p = [1, 1, 1, 1, 0.8, 0.6, 0.4, 0.4, 0.4];
    column(steps, "p").forEach((value, step) => {
      expect(value, `p at step ${step}`).toBeCloseTo(p[step] ?? Number.NaN, 12);
    });
  });

  test("takes fractions of training for steps", () => {
    const asFractions = run(pAnnealing({ coefficient: 1, start: 0.25, end: 0.75 }), 40).steps;
    expect(asFractions).toEqual(run(pAnnealing({ coefficient: 1, start: 10, end: 30 }), 40).steps);
    // 1 is the whole of training as an end, and step 1 as a start.
    expect(run(pAnnealing({ coefficient: 1, start: 1, end: 1 }), 40).steps).toEqual(
      run(pAnnealing({ coefficient: 1, start: 1, end: 40 }), 40).steps,
    );
  });

  test("raises the coefficient from 0 over the warmup", () => {
    const schedule = pAnnealing({ coefficient: 0.8, start: 6, end: 9, warmupSteps: 4 });
    const coefficients = column(run(schedule, 6).steps, "sparsityCoefficient");
    [0, 0.2, 0.4, 0.6, 0.8, 0.8].forEach((value, i) => {
      expect(coefficients[i]).toBeCloseTo(value, 12);
    });
  });

  test("goes on the same after a round trip of its state through JSON, at any step", () => {
    const options = { coefficient: 0.3, start: 2, end: 20, nUpdates: 7, queueLength: 3 };
    // Penalties that change from step to step, so that the queue matters.
    const stats = ({ p, nextP }: Scalars, step: number): StepStats =>
      reported(penalty(p) * (1 + Math.sin(step)), penalty(nextP) * (1 + Math.cos(step) / 3));
    const plain = run(pAnnealing(options), 24, { stats });
    const between = (state: ScheduleState): ScheduleState => JSON.parse(JSON.stringify(state));
    expect(run(pAnnealing(options), 24, { stats, between })).toEqual(plain);
    // And its state can always be written: no NaN, no infinity, nothing undefined.
    for (const state of plain.states) expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test("keeps the coefficient where nothing fired, or where a penalty was left out as not finite", () => {
    const options = { coefficient: 0.3, start: 1, end: 6, nUpdates: 3, queueLength: 2 };
    const silent = run(pAnnealing(options), 9, { stats: () => reported(0, 0) });
    expect(new Set(column(silent.steps, "sparsityCoefficient"))).toEqual(new Set([0.3]));
    const partial = { ...reported(1, 1), statistics: { penaltyAtP: 3 } };
    const lost = run(pAnnealing(options), 9, { stats: () => partial });
    expect(new Set(column(lost.steps, "sparsityCoefficient"))).toEqual(new Set([0.3]));
    for (const state of lost.states) expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test.each([
    [{ pEnd: 0 }, "expected p above 0, got 1 to 0"],
    [{ pStart: Number.NaN }, "expected p above 0"],
    [{ nUpdates: 1 }, "expected at least 2 updates, got 1"],
    [{ nUpdates: 2.5 }, "expected at least 2 updates"],
    [{ queueLength: 0 }, "expected a queue of at least 1, got 0"],
    [{ coefficient: -1 }, "expected a coefficient of at least 0, got -1"],
    [{ coefficient: Number.POSITIVE_INFINITY }, "expected a coefficient of at least 0"],
    [{ start: -1 }, "expected start and end of at least 0, got -1 and 0.9"],
    [{ end: Number.NaN }, "expected start and end"],
    [{ warmupSteps: -2 }, "expected warmupSteps of at least 0, got -2"],
  ])("refuses %j in words", (options: Partial<PAnnealingOptions>, words) => {
    const message = codeOf(() => pAnnealing({ coefficient: 1, ...options }));
    expect(message).toContain("bad-schedule: [schedules] pAnnealing(): ");
    expect(message).toContain(words);
  });

  test("refuses a run in which it would end before it starts", () => {
    const schedule = pAnnealing({ coefficient: 1, start: 50 });
    const first = (nSteps: number) => schedule.at({ step: 0, nSteps }, schedule.initialState, undefined);
    expect(codeOf(() => first(50))).toContain(
      "bad-schedule: [schedules] pAnnealing(): expected end after start, got steps 50 to 45 of 50",
    );
    expect(() => first(100)).not.toThrow();
  });
});

suite('scheduleFromConfig("p-annealing")', () => {
  test("makes what the function makes, defaults included", () => {
    const config = { coefficient: 0.3, end: 18, queueLength: 2 };
    const schedule = scheduleFromConfig("p-annealing", config);
    expect(schedule.scalars).toEqual(["sparsityCoefficient", "p", "nextP"]);
    expect(run(schedule, 24)).toEqual(run(pAnnealing(config), 24));
  });

  test("refuses unknown keys and bad values, naming key and file", () => {
    const of = (config: unknown): string =>
      codeOf(() => scheduleFromConfig("p-annealing", config, { where: "train.json" }));
    expect(of({ coefficient: 1, pend: 0.2 })).toMatch(
      /^unknown-key: .*train\.json, key pend.*did you mean "pEnd"/,
    );
    expect(of({})).toMatch(/^bad-config: .*train\.json, key coefficient/);
    expect(of({ coefficient: 1, nUpdates: 1 })).toMatch(/^bad-config: .*key nUpdates/);
  });
});
