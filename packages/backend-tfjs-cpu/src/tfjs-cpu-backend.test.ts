import { workedForm, workedRow } from "@plumbline/testing";
import { engine, getBackend, getKernelsForBackend } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { tfjsCpuBackend } from "./tfjs-cpu-backend.ts";

const methods = ["log", "info", "warn", "error", "debug"] as const;
const printed: unknown[][] = [];
beforeEach(() => {
  printed.length = 0;
  for (const method of methods) {
    vi.spyOn(console, method).mockImplementation((...words) => {
      printed.push(words);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

// The tests of this file share one process and run in order: the first sees what importing alone did.
suite("tfjsCpuBackend", () => {
  test("registers nothing when imported", () => {
    expect(Object.keys(engine().registryFactory)).toEqual([]);
    expect(getKernelsForBackend("cpu")).toEqual([]);
  });

  test("starts nothing but itself, makes nothing active, and prints nothing", async () => {
    const probe = await tfjsCpuBackend.probe();
    expect(probe.available).toBe(true);
    expect(Object.keys(engine().registry)).toEqual(["cpu"]);
    expect(getBackend()).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test("says what it is", async () => {
    expect(tfjsCpuBackend.name).toBe("tfjs-cpu");
    expect(Object.isFrozen(tfjsCpuBackend)).toBe(true);
    expect(await tfjsCpuBackend.probe()).toEqual({
      available: true,
      deterministic: true,
      device: "JavaScript, 1 thread",
      versions: { "@tensorflow/tfjs": expect.stringMatching(/^4\./) },
      speed: 1,
    });
  });

  test("answers several probes at once alike", async () => {
    const probes = await Promise.all([1, 2, 3].map(() => tfjsCpuBackend.probe()));
    expect(probes.map((probe) => probe.available)).toEqual([true, true, true]);
  });

  test("encodes and decodes as worked out by hand, and prints nothing", async () => {
    const sae = await tfjsCpuBackend.openInference(workedForm);
    const latents = await sae.encode(workedRow.row);
    expect([...latents.indices]).toEqual(workedRow.indices);
    expect([...latents.values]).toEqual(workedRow.values);
    expect([...(await sae.decode(latents))]).toEqual(workedRow.xHat);
    sae.dispose();
    expect(printed).toEqual([]);
  });
});
