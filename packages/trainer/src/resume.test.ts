import type { JsonObject } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import {
  curve,
  errorOf,
  type Finished,
  halving,
  only,
  reloaded,
  runSmall,
  watchedSource,
} from "./run.test-support.ts";
import type { TrainerCheckpoint, TrainOptions } from "./train-options.ts";

const last = ({ checkpoints }: Finished): TrainerCheckpoint => {
  const checkpoint = checkpoints.at(-1);
  if (checkpoint === undefined) throw new Error("expected a checkpoint");
  return checkpoint;
};

/** A signal that aborts when a step of this number has been taken, and a hook that makes it so. */
function abortAfter(step: number): Pick<TrainOptions, "signal" | "schedules"> {
  const controller = new AbortController();
  if (step === 0) controller.abort();
  const lr = curve("lr", (taken) => {
    if (taken === step - 1) controller.abort();
    return 0.02 / (1 + taken);
  });
  return { signal: controller.signal, schedules: [lr, halving] };
}

suite("train() resumed", () => {
  test("ends with the bytes of a run that never stopped, from every step, and continues its events", async () => {
    const whole = await runSmall({ checkpointEvery: 1 });
    expect(whole.checkpoints).toHaveLength(10);
    // The schedule with a state has moved, so its state matters.
    expect(last(whole).trainer).not.toMatchObject({ schedules: { halving: { coefficient: 1 } } });
    for (const checkpoint of whole.checkpoints) {
      const rest = await runSmall({ checkpointEvery: 1, resume: reloaded(checkpoint) });
      expect(rest.result).toEqual(whole.result);
      const before = only(whole.events, "step").filter(({ step }) => step <= checkpoint.step);
      expect([...before, ...only(rest.events, "step")]).toEqual(only(whole.events, "step"));
      expect(await rest.engine.exportState()).toEqual(last(whole).engine);
      expect(rest.checkpoints).toEqual(whole.checkpoints.filter(({ step }) => step > checkpoint.step));
      expect(rest.events[0]).toMatchObject({ type: "run-start", step: checkpoint.step });
    }
  });

  test("does nothing but say so where all steps are taken", async () => {
    const whole = await runSmall();
    const again = await runSmall({ resume: reloaded(last(whole)) });
    expect(again.result).toEqual({ status: "completed", step: 10, tokens: 60 });
    expect(again.events.map(({ type }) => type)).toEqual(["run-start", "run-end"]);
    expect([again.engine.batches.length, again.source.seen.opened, again.checkpoints.length]).toEqual([
      0, 0, 0,
    ]);
    expect(await again.engine.exportState()).toEqual(last(whole).engine);
  });

  test.each([0, 1, 2, 4, 9])("goes on exactly after an interruption at step %i", async (step) => {
    const whole = await runSmall({ checkpointEvery: 4 });
    const part = await runSmall({ checkpointEvery: 4, ...abortAfter(step) });
    expect(part.result).toEqual({ status: "interrupted", step, tokens: 6 * step });
    expect(part.events.at(-1)).toMatchObject({ type: "run-end", status: "interrupted", step });
    expect(last(part).step).toBe(step);
    // Step 4 is saved anyway: not twice.
    expect(part.checkpoints.map((one) => one.step)).toEqual(step === 9 ? [4, 8, 9] : [step]);
    expect(part.source.seen.closed).toBe(part.source.seen.opened);
    expect([part.engine.batches.length, part.source.seen.yielded]).toEqual([step, step]);

    const rest = await runSmall({ checkpointEvery: 4, resume: reloaded(last(part)) });
    expect(last(rest)).toEqual(last(whole));
    expect([...only(part.events, "step"), ...only(rest.events, "step")]).toEqual(only(whole.events, "step"));
  });

  test("reads no batch where the signal came first, and saves nothing anew where nothing is new", async () => {
    const part = await runSmall(abortAfter(0));
    expect(part.source.seen.opened).toBe(0);
    const again = await runSmall({ ...abortAfter(0), resume: reloaded(last(part)) });
    expect([again.result?.status, again.checkpoints.length]).toEqual(["interrupted", 0]);
  });

  test("drops a batch that arrives after the signal", async () => {
    const controller = new AbortController();
    const whole = watchedSource();
    const source = {
      ...whole,
      async *batches(options: { batchSize: number; startStep: number }) {
        for await (const batch of whole.batches(options)) {
          if (whole.seen.yielded === 3) controller.abort();
          yield batch;
        }
      },
    };
    const { result, engine } = await runSmall({ source, signal: controller.signal, unsaved: true });
    expect(result).toEqual({ status: "interrupted", step: 2, tokens: 12 });
    expect(engine.batches).toHaveLength(2);
    expect([whole.seen.opened, whole.seen.closed]).toEqual([1, 1]);
  });

  test("hears a signal from a timer though engine and source never wait", async () => {
    const controller = new AbortController();
    const nSteps = 1_000_000;
    setTimeout(() => controller.abort(), 5);
    const { result } = await runSmall({ nSteps, logEvery: nSteps, signal: controller.signal });
    expect(result?.status).toBe("interrupted");
  });

  test("is complete where the signal comes in the last step", async () => {
    expect((await runSmall(abortAfter(10))).result?.status).toBe("completed");
  });
});

suite("train() refuses to resume", () => {
  const scalars = { b: 1, a: 2 };
  const settings = { checkpointEvery: 5, clipNorm: 1, scalars };
  const stopped = runSmall(settings).then(({ checkpoints }) => reloaded(checkpoints[0] as TrainerCheckpoint));

  test("no run with the same settings, whatever the order of keys", async () => {
    const rest = await runSmall({ ...settings, scalars: { a: 2, b: 1 }, resume: await stopped });
    expect(rest.result?.status).toBe("completed");
  });

  test.each([
    ["nSteps", { nSteps: 20 }, "nSteps 20, got one with 10"],
    ["batchSize", { batchSize: 3 }, "batchSize 3, got one with 6"],
    ["inputScale", { inputScale: 0.5 }, "inputScale 0.5, got one with 1"],
    ["clipNorm", { clipNorm: 2 }, "clipNorm 2, got one with 1"],
    ["fixedScalars", { scalars: { a: 2 } }, 'fixedScalars {"a":2}, got one with {"a":2,"b":1}'],
    ["schedules", { schedules: [curve("lr", () => 1)] }, 'schedules ["lr"], got one with ["halving","lr"]'],
  ])("another %s, leaving the engine as it was", async (_, change, words) => {
    const fresh = await (await runSmall({ ...settings, nSteps: 0 })).engine.exportState();
    const finished = await runSmall({ ...settings, ...change, resume: await stopped });
    expect(errorOf(finished)).toMatchObject({ code: "resume-mismatch", kind: "usage" });
    expect(errorOf(finished).message).toContain(words);
    expect(await finished.engine.exportState()).toEqual(fresh);
    expect(finished.events).toEqual([]);
  });

  test("several differences, naming all of them", async () => {
    const finished = await runSmall({ ...settings, nSteps: 20, clipNorm: 2, resume: await stopped });
    expect(errorOf(finished).message).toContain(
      "a run with nSteps 20, clipNorm 2, got one with nSteps 10, clipNorm 1;",
    );
  });

  test.each<[string, (trainer: JsonObject) => JsonObject]>([
    ["unknown-key", (trainer) => ({ ...trainer, steps: 1 })],
    ["bad-config", (trainer) => ({ ...trainer, step: -1 })],
    ["bad-config", (trainer) => ({ ...trainer, version: 2 })],
    ["bad-config", (trainer) => ({ ...trainer, schedules: { lr: 3 } })],
    ["bad-config", (trainer) => ({ ...trainer, lastStats: { loss: null } })],
    ["bad-config", ({ diverged: _, ...trainer }) => trainer],
    ["resume-mismatch", (trainer) => ({ ...trainer, step: 11 })],
  ])("a damaged state: %s", async (code, damage) => {
    const { engine, trainer } = await stopped;
    const finished = await runSmall({ ...settings, resume: { engine, trainer: damage(trainer) } });
    expect(errorOf(finished).code).toBe(code);
  });

  test("a state of another engine", async () => {
    const { engine, trainer } = await stopped;
    const other = { ...engine, architecture: { name: "large", config: {} } };
    expect(errorOf(await runSmall({ ...settings, resume: { engine: other, trainer } })).code).toBe(
      "state-mismatch",
    );
  });
});
