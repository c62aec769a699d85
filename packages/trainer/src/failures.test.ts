import { expect, describe as suite, test } from "vitest";
import { errorOf, only, runSmall, watchedSource } from "./run.test-support.ts";

suite("train() and its source", () => {
  test.each([
    ["completion", {}],
    ["an engine that fails", { faults: { throwAt: 4 } }],
    ["divergence", { faults: { lossAt: 3 } }],
    ["a batch of another length", { source: watchedSource({ batchLength: 23 }) }],
    [
      "a writer that fails",
      {
        checkpointEvery: 2,
        writeCheckpoint: async () => {
          throw new Error("disk full");
        },
      },
    ],
  ])("closes it on %s", async (_, options) => {
    const { source } = await runSmall(options);
    expect([source.seen.opened, source.seen.closed]).toEqual([1, 1]);
  });

  test("asks for no batch more than it needs", async () => {
    expect((await runSmall()).source.seen.yielded).toBe(10);
  });

  test("refuses batches of another length, short ones above all", async () => {
    for (const inputScale of [1, 0.5]) {
      const finished = await runSmall({ inputScale, source: watchedSource({ batchLength: 20 }) });
      expect(errorOf(finished).code).toBe("shape-mismatch");
      expect(errorOf(finished).message).toContain("expected a batch of 24 values, batchSize × dIn, got 20");
      expect(finished.engine.batches).toHaveLength(0);
    }
  });

  test("refuses another width before anything happens", async () => {
    const finished = await runSmall({ source: watchedSource({ width: 5 }) });
    expect(errorOf(finished).code).toBe("bad-option");
    expect(errorOf(finished).message).toContain("width 4");
    expect(finished.events).toEqual([]);
  });

  test("does not take a source that ends early for a finished run", async () => {
    const finished = await runSmall({ source: watchedSource({ nBatches: 7 }), checkpointEvery: 5 });
    expect(errorOf(finished)).toMatchObject({ code: "source-ended", kind: "input", where: "step 7" });
    expect(finished.checkpoints.map(({ step }) => step)).toEqual([5]);
    expect(only(finished.events, "run-end")).toEqual([]);
  });
});

suite("train() and failures of others", () => {
  test("passes a writer's error on and says nothing more", async () => {
    const problem = new Error("disk full");
    const { error, events } = await runSmall({
      checkpointEvery: 2,
      writeCheckpoint: async () => {
        throw problem;
      },
    });
    expect(error).toBe(problem);
    expect(events.map(({ type }) => type)).toEqual(["run-start", "step"]);
  });

  test("passes an engine's error on and says nothing more", async () => {
    const { error, events } = await runSmall({ faults: { throwAt: 2 } });
    expect(error).toEqual(new Error("the device is gone"));
    expect(events.at(-1)?.type).toBe("step");
  });

  test("waits for onEvent and passes its error on", async () => {
    let waiting = 0;
    const { error, engine } = await runSmall({
      onEvent: async ({ type }) => {
        expect(waiting++).toBe(0);
        await new Promise((resolve) => setTimeout(resolve, 1));
        waiting--;
        if (type === "step") throw new Error("log closed");
      },
    });
    expect(error).toEqual(new Error("log closed"));
    expect(engine.batches).toHaveLength(1);
  });

  test("does not train on without the statistics that it asked for", async () => {
    const finished = await runSmall({ faults: { noStatsAt: 3 } });
    expect(errorOf(finished)).toMatchObject({ code: "missing-statistics", kind: "bug", where: "step 3" });
  });
});
