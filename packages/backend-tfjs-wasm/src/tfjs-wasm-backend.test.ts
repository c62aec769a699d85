import { workedForm, workedRow } from "@plumbline/testing";
import { engine, getBackend, getKernelsForBackend } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { tfjsWasmBackend } from "./tfjs-wasm-backend.ts";

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
suite("tfjsWasmBackend", () => {
  test("registers nothing when imported", () => {
    expect(Object.keys(engine().registryFactory)).toEqual([]);
    expect(getKernelsForBackend("wasm")).toEqual([]);
  });

  test("starts nothing but itself, makes nothing active, and prints nothing", async () => {
    const probe = await tfjsWasmBackend.probe();
    expect(probe.available).toBe(true);
    expect(Object.keys(engine().registry)).toEqual(["wasm"]);
    expect(getBackend()).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test("says what it is", async () => {
    expect(tfjsWasmBackend.name).toBe("tfjs-wasm");
    expect(Object.isFrozen(tfjsWasmBackend)).toBe(true);
    expect(await tfjsWasmBackend.probe()).toEqual({
      available: true,
      deterministic: true,
      device: "WebAssembly SIMD, 1 thread",
      versions: {
        "@tensorflow/tfjs": expect.stringMatching(/^4\./),
        "@tensorflow/tfjs-backend-wasm": expect.stringMatching(/^4\./),
      },
      speed: expect.any(Number),
    });
  });

  test("answers several probes at once alike", async () => {
    const probes = await Promise.all([1, 2, 3].map(() => tfjsWasmBackend.probe()));
    expect(probes.map((probe) => probe.available)).toEqual([true, true, true]);
  });

  test("encodes and decodes as worked out by hand, and prints nothing", async () => {
    const sae = await tfjsWasmBackend.openInference(workedForm);
    const latents = await sae.encode(workedRow.row);
    expect([...latents.indices]).toEqual(workedRow.indices);
    expect([...latents.values]).toEqual(workedRow.values);
    expect([...(await sae.decode(latents))]).toEqual(workedRow.xHat);
    sae.dispose();
    expect(printed).toEqual([]);
  });
});
