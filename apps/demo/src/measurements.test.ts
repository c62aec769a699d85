import { expect, describe as suite, test } from "vitest";
import { measurementOf, median, secondsPerStep } from "./measurements.ts";

const step = (msPerStep: number): string => JSON.stringify({ type: "step", v: 1, perf: { msPerStep } });

suite("median()", () => {
  test("is the middle, the mean of two middles, or nothing", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBe(null);
  });
});

suite("secondsPerStep()", () => {
  test("is the median over steps without the first, which starts everything up", () => {
    const log = [
      JSON.stringify({ type: "run-start", v: 1 }),
      step(9000),
      step(200),
      step(100),
      step(300),
      "",
    ];
    expect(secondsPerStep(log.join("\n"))).toBe(0.2);
  });

  test("is null for a log without steps", () => {
    expect(secondsPerStep("")).toBe(null);
  });
});

suite("measurementOf()", () => {
  test("says so where the evaluation has no result", () => {
    expect(() => measurementOf('{"type":"other"}\n', "")).toThrow(
      expect.objectContaining({ code: "no-result" }),
    );
  });
});
