import { setTimeout as sleep } from "node:timers/promises";
import { expect, describe as suite, test } from "vitest";
import { inParallel, type Job } from "./in-parallel.ts";

suite("inParallel()", () => {
  test("keeps to the limit and to the order of results", async () => {
    let running = 0;
    let most = 0;
    const job =
      (value: number): Job<number> =>
      async () => {
        most = Math.max(most, ++running);
        await sleep(5 * (4 - value));
        running--;
        return value;
      };
    expect(await inParallel([0, 1, 2, 3].map(job), { limit: 2 })).toEqual([0, 1, 2, 3]);
    expect(most).toBe(2);
  });

  test("tells the others to stop when one fails, waits for them and throws its error", async () => {
    const seen: string[] = [];
    const patient: Job<void> = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          seen.push("stopped");
          reject(new Error("second"));
        });
      });
    const failing: Job<void> = async () => {
      await sleep(1);
      throw new Error("first");
    };
    const never: Job<void> = async () => {
      seen.push("started");
    };
    await expect(inParallel([patient, failing, never], { limit: 2 })).rejects.toThrow("first");
    expect(seen).toEqual(["stopped"]);
  });

  test("hands the outer signal on", async () => {
    const outer = new AbortController();
    const job: Job<boolean> = async (signal) => {
      outer.abort();
      return signal.aborted;
    };
    expect(await inParallel([job], { limit: 1, signal: outer.signal })).toEqual([true]);
  });
});
