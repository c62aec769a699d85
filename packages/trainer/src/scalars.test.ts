import { expect, describe as suite, test } from "vitest";
import { curve, errorOf, halving, only, runSmall } from "./run.test-support.ts";

suite("train() and its schedules", () => {
  test("asks for the statistics that a schedule wants, and hands them over in its next call", async () => {
    const seen: (number | undefined)[] = [];
    const curious = {
      ...curve("sparsityCoefficient", () => 0),
      needsStats: ({ step }: { step: number }) => step >= 3 && step < 6,
      at: ({ step }: { step: number }, state: null, lastStats?: { loss: number }) => {
        seen[step] = lastStats?.loss;
        return { scalars: { sparsityCoefficient: 0 }, state };
      },
    };
    const schedules = [curve("lr", () => 0.01), curious as never];
    const every = await runSmall({ schedules, logEvery: 1 });
    const all = [...seen];
    const losses = only(every.events, "step").map(({ loss }) => loss);
    // The call before step s + 1 (from 1) sees step s; the first sees nothing.
    expect(all).toEqual([undefined, ...losses.slice(0, 9)]);
    const { engine, events } = await runSmall({ schedules, logEvery: 100 });
    expect(engine.controls.flatMap(({ wantStats }, i) => (wantStats ? [i] : []))).toEqual([0, 3, 4, 5, 9]);
    expect(seen.slice(4, 7)).toEqual(all.slice(4, 7));
    expect(only(events, "step").map(({ step }) => step)).toEqual([1, 10]);
  });

  test.each([
    ["missing-lr", { schedules: [halving] }],
    ["duplicate-scalar", { scalars: { lr: 1 } }],
    ["duplicate-scalar", { schedules: [curve("lr", () => 1), { ...curve("lr", () => 1), name: "other" }] }],
    [
      "duplicate-schedule",
      { schedules: [curve("lr", () => 1), { ...curve("sparsityCoefficient", () => 1), name: "lr" }] },
    ],
  ])("refuses %s before the first step", async (code, options) => {
    const finished = await runSmall(options);
    expect(errorOf(finished)).toMatchObject({ code, kind: "usage" });
    expect([finished.events, finished.source.seen.opened]).toEqual([[], 0]);
  });

  test("refuses scalars that are not finite or were not declared, at their step", async () => {
    const rising = await runSmall({ schedules: [curve("lr", (step) => 1 / (3 - step))] });
    expect(errorOf(rising)).toMatchObject({ code: "bad-scalar", where: "step 4" });
    expect(errorOf(rising).message).toContain('a finite lr from schedule "lr", got Infinity');
    const other = { ...curve("lr", () => 1), at: () => ({ scalars: { LR: 1 }, state: null }) };
    expect(errorOf(await runSmall({ schedules: [other] })).message).toContain(
      'expected lr from schedule "lr", got LR',
    );
  });

  test.each([
    { nSteps: 0 },
    { nSteps: 1.5 },
    { batchSize: 0 },
    { logEvery: 0 },
    { checkpointEvery: Number.NaN },
    { clipNorm: 0 },
    { inputScale: Number.POSITIVE_INFINITY },
    { scalars: { k: Number.NaN } },
    { unsaved: true, checkpointEvery: 2 },
  ])("refuses %j", async (options) => {
    const error = errorOf(await runSmall(options));
    expect(error).toMatchObject({ code: "bad-option", kind: "usage" });
    expect(error.message).toContain(Object.keys(options.scalars ?? options).at(-1) ?? "");
  });
});
