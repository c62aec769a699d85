import "@tensorflow/tfjs";
import { createRandom, PlumblineError } from "@plumbline/core";
import {
  engine,
  getBackend,
  KernelBackend,
  registerBackend,
  setBackend,
  tensor1d,
} from "@tensorflow/tfjs-core";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { runOn } from "./run-on.ts";
import { batchOf, controls, sample, shape, smallRelu } from "./small-relu.test-support.ts";
import { startTfjsBackend } from "./start-backend.ts";
import { defineTfjsBackend, type TfjsAbsence, type TfjsDevice } from "./tfjs-backend.ts";

const device: TfjsDevice = {
  backendName: "cpu",
  deterministic: true,
  device: "test",
  versions: { test: "1" },
  speed: 1,
};
const define = (load: () => Promise<TfjsDevice | TfjsAbsence>) =>
  defineTfjsBackend({ name: "test", description: "for tests", nextStep: "try again", load });
const options = { architecture: smallRelu(), ...shape, random: createRandom(1), sample };
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  await setBackend("cpu");
});

suite("defineTfjsBackend()", () => {
  test("loads nothing until used, and then one load at a time", async () => {
    let [nLoads, underWay] = [0, 0];
    const backend = define(async () => {
      nLoads += 1;
      underWay += 1;
      expect(underWay).toBe(1);
      await later(5);
      underWay -= 1;
      return device;
    });
    expect(nLoads).toBe(0);
    const [first, second, made] = await Promise.all([
      backend.probe(),
      backend.probe(),
      backend.createEngine(options),
    ]);
    expect(nLoads).toBe(1);
    expect(second).toEqual(first);
    expect(first).toEqual({
      available: true,
      deterministic: true,
      device: "test",
      versions: { test: "1" },
      speed: 1,
    });
    expect(await made.step(batchOf(0, 2), controls())).toBeDefined();
    made.dispose();
  });

  test("answers what a load says is missing, and refuses engines with both", async () => {
    const absence = { available: false, reason: "there is no driver", nextStep: "install one" } as const;
    const backend = define(async () => absence);
    expect(await backend.probe()).toEqual(absence);
    await expect(backend.openInference({} as never)).rejects.toMatchObject({
      code: "backend-unavailable",
      message: expect.stringContaining("there is no driver"),
      hint: "install one",
    });
  });

  for (const [how, load] of [
    ["rejects", () => Promise.reject(new Error("no such file\n    at somewhere"))],
    [
      "throws",
      () => {
        throw new Error("no such file");
      },
    ],
  ] as const) {
    test(`answers a probe where the load ${how}, and refuses engines with the next step`, async () => {
      const backend = define(load);
      expect(await backend.probe()).toEqual({
        available: false,
        reason: "no such file",
        nextStep: "try again",
      });
      const error: unknown = await backend.createEngine(options).catch((thrown: unknown) => thrown);
      expect(PlumblineError.isInstance(error) && error.code).toBe("backend-unavailable");
      expect(String(error)).toContain('backend "test" does not start: no such file; try again');
      expect((error as PlumblineError).cause).toBeInstanceOf(Error);
    });
  }

  test("tries again after a load that failed", async () => {
    let broken = true;
    const backend = define(async () => {
      if (broken) throw new Error("not yet");
      return device;
    });
    expect((await backend.probe()).available).toBe(false);
    broken = false;
    expect((await backend.probe()).available).toBe(true);
  });
});

/** A tfjs backend that only has to exist. */
class Idle extends KernelBackend {}

suite("startTfjsBackend()", () => {
  test("starts a backend that takes its time, and leaves the active one at work meanwhile", async () => {
    registerBackend("slow-test", async () => {
      await later(20);
      return new Idle();
    });
    const started = startTfjsBackend("slow-test");
    // tfjs's own setBackend() would make this throw.
    expect([...tensor1d([1, 2]).add(1).dataSync()]).toEqual([2, 3]);
    await started;
    expect("slow-test" in engine().registry).toBe(true);
    expect(getBackend()).toBe("cpu");
    await startTfjsBackend("slow-test");
  });

  test("passes on what the backend's start throws, and may be called again", async () => {
    let broken = true;
    registerBackend("shy-test", async () => {
      if (broken) throw new Error("no device");
      return new Idle();
    });
    await expect(startTfjsBackend("shy-test")).rejects.toThrow("no device");
    broken = false;
    await startTfjsBackend("shy-test");
    expect("shy-test" in engine().registry).toBe(true);
  });

  test("refuses a backend that nobody registered", async () => {
    await expect(startTfjsBackend("nowhere")).rejects.toThrow("expected a registered tfjs backend");
  });
});

suite("runOn()", () => {
  test("has the backend active for the work only, even where the work throws", async () => {
    registerBackend("other-test", () => new Idle());
    await startTfjsBackend("other-test");
    expect(runOn("other-test", getBackend)).toBe("other-test");
    expect(getBackend()).toBe("cpu");
    const fail = (): never => {
      throw new Error("on purpose");
    };
    expect(() => runOn("other-test", fail)).toThrow("on purpose");
    expect(getBackend()).toBe("cpu");
  });

  test("refuses a backend that is not initialized", () => {
    registerBackend("unstarted-test", () => new Idle());
    expect(() => runOn("unstarted-test", getBackend)).toThrow('await setBackend("unstarted-test") first');
    expect(getBackend()).toBe("cpu");
  });
});
