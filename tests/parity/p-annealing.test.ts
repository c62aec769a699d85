import { type PAnnealingOptions, pAnnealing } from "@plumbline/schedules";
import { expect, describe as suite, test } from "vitest";
import { readGolden } from "./golden.ts";

/** Settings of the recorded runs, as our schedule takes them. */
const common = { start: 6, coefficient: 0.05, warmupSteps: 4 };
const runs: Readonly<Record<string, PAnnealingOptions>> = {
  // Ends at the last step, which is never reached: p stops at 0.4667.
  "dictionary-learning-p-anneal-lp-p": { ...common, nUpdates: 4, queueLength: 3, end: 24, pEnd: 0.2 },
  "dictionary-learning-p-anneal-lp": { ...common, nUpdates: 5, queueLength: 4, end: 20, pEnd: 0.5 },
  // "continuous" there: an update every step.
  "dictionary-learning-gated-anneal": { ...common, nUpdates: 15, queueLength: 4, end: 20, pEnd: 0.3 },
};

suite("pAnnealing() against dictionary_learning", () => {
  for (const [name, options] of Object.entries(runs)) {
    test(`${name}: p, the next p and the coefficient of every step`, () => {
      const golden = readGolden(name);
      const schedule = pAnnealing(options);
      let state = schedule.initialState;
      let penalties: readonly [number, number] | undefined;
      golden.steps.forEach(({ controls, sparsityQueue }, step) => {
        const [penaltyAtP, penaltyAtNextP] = penalties ?? [Number.NaN, Number.NaN];
        const stats = { loss: 0, gradientNorm: 0, terms: {}, statistics: { penaltyAtP, penaltyAtNextP } };
        const now = schedule.at({ step, nSteps: golden.shape.nSteps }, state, step === 0 ? undefined : stats);
        state = now.state;
        const { sparsityCoefficient = 0, p = 0, nextP = 0 } = now.scalars;
        const scale = controls.sparsityScale ?? 1;
        expect(p, `p at step ${step}`).toBeCloseTo(controls.p ?? Number.NaN, 6);
        expect(nextP, `next p at step ${step}`).toBeCloseTo(controls.nextP ?? controls.p ?? Number.NaN, 6);
        const expected = (controls.sparsityCoefficient ?? 0) * scale;
        expect(Math.abs(sparsityCoefficient - expected), `coefficient at step ${step}`).toBeLessThan(
          1e-6 * (1 + expected),
        );
        penalties = sparsityQueue?.at(-1);
      });
    });
  }
});
