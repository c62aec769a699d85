import { expect, describe as suite, test } from "vitest";
import { errorOf, only, reloaded, runSmall } from "./run.test-support.ts";
import type { TrainerCheckpoint } from "./train-options.ts";

suite("train() diverged", () => {
  test("warns, saves the state as diverged, ends the run and throws with the step", async () => {
    const finished = await runSmall({ faults: { lossAt: 6 } });
    expect(errorOf(finished)).toMatchObject({ code: "diverged", kind: "diverged", where: "step 6" });
    expect(errorOf(finished).hint).toContain("the state was saved");
    expect(finished.events.slice(-3)).toEqual([
      { type: "warning", v: 1, code: "diverged", message: "loss NaN, gradient norm NaN", step: 6 },
      { type: "checkpoint-saved", v: 1, step: 6, tokens: 36, path: "step-6" },
      { type: "run-end", v: 1, status: "diverged", step: 6, tokens: 36 },
    ]);
    expect(only(finished.events, "step").map(({ step }) => step)).toEqual([1, 3]);
    expect(finished.checkpoints.map(({ step, diverged }) => [step, diverged])).toEqual([[6, true]]);
    expect(finished.checkpoints[0]?.engine.arrays["parameter/encoder"]?.data[0]).toBeNaN();
  });

  test("is caught at the next checkpoint where it began between two reports", async () => {
    const finished = await runSmall({ faults: { lossAt: 4 }, logEvery: 100, checkpointEvery: 3 });
    expect(errorOf(finished)).toMatchObject({ code: "diverged", where: "step 6" });
    expect(errorOf(finished).message).toContain("got loss NaN");
    expect(finished.checkpoints.map(({ step, diverged }) => [step, diverged])).toEqual([
      [3, false],
      [6, true],
    ]);
  });

  test("is caught in weights that a step with a finite loss has left behind", async () => {
    const finished = await runSmall({ faults: { weightsAt: 4 }, logEvery: 100, checkpointEvery: 4 });
    expect(errorOf(finished).message).toContain("got a value in decoder that is not finite");
    expect(finished.events.map(({ type }) => type)).toEqual([
      "run-start",
      "step",
      "warning",
      "checkpoint-saved",
      "run-end",
    ]);
    expect(finished.checkpoints.map(({ step, diverged }) => [step, diverged])).toEqual([[4, true]]);
  });

  test("is caught in the last step, with a writer or without", async () => {
    for (const unsaved of [true, false]) {
      const finished = await runSmall({ faults: { weightsAt: 10 }, unsaved });
      expect(errorOf(finished).code).toBe("diverged");
      expect(only(finished.events, "run-end").map(({ status }) => status)).toEqual(["diverged"]);
      expect(errorOf(finished).hint?.includes("saved")).toBe(!unsaved);
    }
  });

  test("is caught when the run is interrupted", async () => {
    const controller = new AbortController();
    const finished = await runSmall({
      faults: { weightsAt: 3 },
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.step === 3) controller.abort();
      },
    });
    expect(errorOf(finished).code).toBe("diverged");
    expect(finished.checkpoints.map(({ step, diverged }) => [step, diverged])).toEqual([[3, true]]);
  });

  test("is caught in the statistics that only a schedule asked for", async () => {
    const schedule = {
      name: "lr",
      scalars: ["lr"],
      initialState: null,
      needsStats: () => true,
      at: () => ({ scalars: { lr: 0.01 }, state: null }),
    };
    const finished = await runSmall({ faults: { lossAt: 5 }, schedules: [schedule], logEvery: 100 });
    expect(errorOf(finished).where).toBe("step 5");
  });

  test("leaves a state that survives JSON and is refused in words", async () => {
    const { checkpoints } = await runSmall({ faults: { lossAt: 3 } });
    const [checkpoint] = checkpoints as [TrainerCheckpoint];
    expect(checkpoint.trainer).toMatchObject({ step: 3, diverged: true, lastStats: null });
    expect(JSON.parse(JSON.stringify(checkpoint.trainer))).toEqual(checkpoint.trainer);
    const again = await runSmall({ resume: reloaded(checkpoint) });
    expect(errorOf(again)).toMatchObject({ code: "resume-diverged", kind: "usage", where: "step 3" });
    expect(errorOf(again).hint).toContain("earlier checkpoint");
    expect(again.events).toEqual([]);
  });

  test("lets a writer's error pass", async () => {
    const problem = new Error("disk full");
    const { error, events } = await runSmall({
      faults: { lossAt: 1 },
      writeCheckpoint: async () => {
        throw problem;
      },
    });
    expect(error).toBe(problem);
    expect(events.at(-1)).toMatchObject({ type: "warning", code: "diverged" });
  });
});
