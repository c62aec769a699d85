import type { InferenceForm } from "@plumbline/core";
import { engine, getBackend, getKernelsForBackend } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { tfjsNodeGpuBackend } from "./tfjs-node-gpu-backend.ts";

const printed: unknown[][] = [];
beforeEach(() => {
  printed.length = 0;
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => {
      printed.push(words);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

// The tests of this file share one process and run in order: the first sees what importing alone did. The package with the addon
// may be installed here or not; the tests of engine-tfjs have every way in which it may be missing.
suite("tfjsNodeGpuBackend", () => {
  test("registers nothing when imported, and says what it is", () => {
    expect(Object.keys(engine().registryFactory)).toEqual([]);
    expect(getKernelsForBackend("tensorflow")).toEqual([]);
    expect(tfjsNodeGpuBackend.name).toBe("tfjs-node-gpu");
    expect(Object.isFrozen(tfjsNodeGpuBackend)).toBe(true);
  });

  test("starts nothing but itself, if that; makes nothing active, and prints nothing", async () => {
    const probe = await tfjsNodeGpuBackend.probe();
    expect(Object.keys(engine().registry)).toEqual(probe.available ? ["tensorflow"] : []);
    expect(getBackend()).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test("says what it found, or what is missing and the next step", async () => {
    const probe = await tfjsNodeGpuBackend.probe();
    if (probe.available) {
      expect(probe.device).toMatch(/^TensorFlow 2\.\d+\.\d+, ./);
      expect(probe.versions).toHaveProperty(["@tensorflow/tfjs-node-gpu"], "4.22.0");
      expect(probe.deterministic).toBe(false);
    } else {
      expect(probe.reason).toMatch(/./);
      expect(probe.nextStep).toMatch(/./);
      await expect(tfjsNodeGpuBackend.openInference({} as InferenceForm)).rejects.toMatchObject({
        code: "backend-unavailable",
        hint: probe.nextStep,
      });
    }
  });
});
