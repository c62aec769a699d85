import { expect, describe as suite, test } from "vitest";
import { createRunLog, eventLine } from "./events.ts";
import { curve, only, rows, runSmall, watchedSource } from "./run.test-support.ts";
import { dIn } from "./small-engine.test-support.ts";

suite("train()", () => {
  test("gives the same bytes, events and checkpoints twice", async () => {
    const [a, b] = [await runSmall({ checkpointEvery: 4 }), await runSmall({ checkpointEvery: 4 })];
    expect(a.result).toEqual({ status: "completed", step: 10, tokens: 60 });
    expect(b.checkpoints).toEqual(a.checkpoints);
    expect(b.events.map(eventLine)).toEqual(a.events.map(eventLine));
  });

  test("learns", async () => {
    const { events } = await runSmall({ nSteps: 40, schedules: [curve("lr", () => 0.02)] });
    const steps = only(events, "step");
    expect(steps.at(-1)?.loss).toBeLessThan(0.6 * (steps[0]?.loss ?? 0));
  });

  test("reports the first step, every third and the last", async () => {
    const { events, engine } = await runSmall();
    expect(only(events, "step").map(({ step }) => step)).toEqual([1, 3, 6, 9, 10]);
    expect(engine.controls.flatMap(({ wantStats }, i) => (wantStats ? [i + 1] : []))).toEqual([
      1, 3, 6, 9, 10,
    ]);
  });

  test("says what each event is about", async () => {
    const { events } = await runSmall({ nSteps: 1, inputScale: 0.5 });
    expect(events).toEqual([
      { type: "run-start", v: 1, step: 0, nSteps: 1, batchSize: 6, dIn: 4, dSae: 3, inputScale: 0.5 },
      {
        type: "step",
        v: 1,
        step: 1,
        tokens: 6,
        loss: expect.any(Number),
        losses: { reconstruction: expect.any(Number), sparsity: expect.any(Number) },
        metrics: { l0: 1, ratio: 0.5 },
        gradientNorm: expect.any(Number),
        schedule: { lr: 0.02, sparsityCoefficient: 1 },
      },
      { type: "checkpoint-saved", v: 1, step: 1, tokens: 6, path: "step-1" },
      { type: "run-end", v: 1, status: "completed", step: 1, tokens: 6 },
    ]);
    expect(JSON.parse(eventLine(events[1] as never))).toEqual(events[1]);
    expect(eventLine(events[3] as never)).toBe(
      '{"type":"run-end","v":1,"status":"completed","step":1,"tokens":6}\n',
    );
  });

  test("saves every fourth step and the last, each once", async () => {
    const saved = async (options: Parameters<typeof runSmall>[0]) =>
      (await runSmall(options)).checkpoints.map(({ step }) => step);
    expect(await saved({ checkpointEvery: 4 })).toEqual([4, 8, 10]);
    expect(await saved({ checkpointEvery: 5 })).toEqual([5, 10]);
    expect(await saved({})).toEqual([10]);
    expect(await saved({ unsaved: true })).toEqual([]);
  });

  test("leaves the path out where the writer names none", async () => {
    const { events } = await runSmall({ writeCheckpoint: async () => undefined });
    expect(only(events, "checkpoint-saved")).toEqual([
      { type: "checkpoint-saved", v: 1, step: 10, tokens: 60 },
    ]);
  });

  test("measures time only with a clock, and only where it moved", async () => {
    const without = only((await runSmall()).events, "step");
    expect(without.every((event) => !("perf" in event))).toBe(true);
    let now = 0;
    const ticking = await runSmall({
      clock: () => now,
      onEvent: ({ type }) => {
        if (type === "step") now += 30;
      },
    });
    // Steps 1, 3, 6, 9, 10: nothing has passed at the first; then 30 ms over 2, 3, 3 and 1 steps of 6 tokens.
    expect(only(ticking.events, "step").map(({ perf }) => perf)).toEqual([
      undefined,
      { msPerStep: 15, tokensPerSecond: 400 },
      { msPerStep: 10, tokensPerSecond: 600 },
      { msPerStep: 10, tokensPerSecond: 600 },
      { msPerStep: 30, tokensPerSecond: 200 },
    ]);
  });

  test("hands the engine scaled batches and never writes into the source's", async () => {
    const whole = watchedSource();
    const source = {
      ...whole,
      async *batches(options: { batchSize: number; startStep: number }) {
        for await (const batch of whole.batches(options)) {
          const copy = batch.slice();
          yield batch;
          expect(batch).toEqual(copy);
        }
      },
    };
    const { engine, error } = await runSmall({ source, inputScale: 0.25 });
    expect(error).toBeUndefined();
    const expected = rows.subarray(0, 6 * dIn).map((value) => value / 4);
    expect(engine.batches[0]).toEqual(expected);
  });

  test("saves a form for raw activations: it encodes x as the engine encodes scale · x", async () => {
    const scale = 0.3;
    const { checkpoints, engine } = await runSmall({ inputScale: scale });
    const form = checkpoints[0]?.form;
    if (form === undefined) throw new Error("expected a checkpoint");
    const raw = rows.subarray(0, 6 * dIn);
    const scaledLatents = await engine.encode(raw.map((value) => value * scale));
    const scaledBack = await engine.decode(scaledLatents);
    const dense = new Map<string, number>();
    for (let b = 0; b < 6; b++) {
      for (let j = scaledLatents.rowStarts[b] ?? 0; j < (scaledLatents.rowStarts[b + 1] ?? 0); j++) {
        dense.set(`${b},${scaledLatents.indices[j]}`, (scaledLatents.values[j] ?? 0) / scale);
      }
    }
    expect(dense.size).toBeGreaterThan(0);
    for (let b = 0; b < 6; b++) {
      const xHat = [...form.decoderBias];
      for (let f = 0; f < form.dSae; f++) {
        let preAct = form.encoderBias[f] ?? 0;
        for (let d = 0; d < dIn; d++) {
          preAct += ((raw[b * dIn + d] ?? 0) - (form.decoderBias[d] ?? 0)) * (form.encoder[f * dIn + d] ?? 0);
        }
        const latent = Math.max(preAct, 0);
        expect(latent).toBeCloseTo(dense.get(`${b},${f}`) ?? 0, 5);
        for (let d = 0; d < dIn; d++) xHat[d] = (xHat[d] ?? 0) + latent * (form.decoder[f * dIn + d] ?? 0);
      }
      for (const [d, value] of xHat.entries())
        expect(value).toBeCloseTo((scaledBack[b * dIn + d] ?? 0) / scale, 5);
    }
  });

  test("gives the engine lr apart from the other scalars, and the clip norm only where there is one", async () => {
    const schedules = [curve("lr", (step) => step)];
    const plain = await runSmall({ schedules, scalars: { sparsityCoefficient: 2 } });
    expect(plain.engine.controls[4]).toEqual({
      lr: 4,
      scalars: { sparsityCoefficient: 2 },
      wantStats: false,
    });
    const clipped = await runSmall({ clipNorm: 0.5 });
    expect(clipped.engine.controls[0]?.clipNorm).toBe(0.5);
    const fixed = await runSmall({ schedules: [], scalars: { lr: 0.1 } });
    expect(fixed.engine.controls[0]).toEqual({ lr: 0.1, scalars: {}, wantStats: true });
  });

  test("leaves a statistic that is not finite out of log and state, and says so", async () => {
    const { events, checkpoints, result } = await runSmall({
      faults: { statisticAt: 6 },
      checkpointEvery: 6,
    });
    expect(result?.status).toBe("completed");
    expect(only(events, "step").find(({ step }) => step === 6)?.metrics).toEqual({ l0: 1 });
    expect(only(events, "warning")).toEqual([
      { type: "warning", v: 1, code: "undefined-statistic", message: "ratio is NaN", step: 6 },
    ]);
    expect(checkpoints[0]?.trainer).toMatchObject({ lastStats: { statistics: { l0: 1 } } });
  });
});

suite("createRunLog()", () => {
  test("writes one line an event, in order, and lets the run wait for it", async () => {
    const lines: string[] = [];
    const write = async (line: string): Promise<void> => {
      await Promise.resolve();
      lines.push(line);
    };
    const { events } = await runSmall({ onEvent: createRunLog(write) });
    expect(lines).toEqual(events.map(eventLine));
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
  });

  test("stops the run where a line cannot be written", async () => {
    const full = new Error("disk full");
    const onEvent = createRunLog(() => {
      throw full;
    });
    expect((await runSmall({ onEvent })).error).toBe(full);
  });
});
