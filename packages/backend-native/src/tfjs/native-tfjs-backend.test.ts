import type { InferenceForm } from "@plumbline/core";
import { engine, getBackend, getKernelsForBackend } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { nativeTfjsBackend } from "./native-tfjs-backend.ts";
import { tfjsName } from "./register.ts";

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
  vi.unstubAllEnvs();
});

/** Two inputs, three latents; small enough to compute by hand. */
const form: InferenceForm = {
  dIn: 2,
  dSae: 3,
  encoder: Float32Array.of(1, 0, 0, 1, 1, 1),
  encoderBias: Float32Array.of(0, 0, -1),
  decoder: Float32Array.of(1, 0, 0, 1, 0.5, 0.5),
  decoderBias: Float32Array.of(1, 0),
  subtractDecoderBias: true,
  activation: { kind: "topk", k: 2 },
  madeBy: { architecture: "topk", config: {} },
};

// The tests of this file share one process and run in order: the first sees what importing alone did.
suite("nativeTfjsBackend where it may not or cannot start", () => {
  test("registers nothing when imported", () => {
    expect(Object.keys(engine().registryFactory)).toEqual([]);
    expect(getKernelsForBackend(tfjsName)).toEqual([]);
    expect(nativeTfjsBackend.name).toBe("native-tfjs");
    expect(Object.isFrozen(nativeTfjsBackend)).toBe(true);
  });

  for (const value of ["off", "wasm"]) {
    test(`says that PLUMBLINE_NATIVE=${value} keeps it away, and starts nothing`, async () => {
      vi.stubEnv("PLUMBLINE_NATIVE", value);
      expect(await nativeTfjsBackend.probe()).toEqual({
        available: false,
        reason: expect.stringContaining(`PLUMBLINE_NATIVE=${value}`),
        nextStep: expect.stringContaining("tfjs-wasm"),
      });
      await expect(nativeTfjsBackend.openInference(form)).rejects.toMatchObject({
        code: "backend-unavailable",
      });
      expect(Object.keys(engine().registryFactory)).toEqual([]);
    });
  }
});

const { core, reason } = await loadCore({ runtime: "addon" });
const there = core === undefined ? suite.skip : suite;
there(`nativeTfjsBackend${core === undefined ? `: ${reason}` : ""}`, () => {
  test("starts nothing but itself, makes nothing active, and prints nothing", async () => {
    const probe = await nativeTfjsBackend.probe();
    expect(probe.available).toBe(true);
    expect(Object.keys(engine().registry)).toEqual([tfjsName]);
    expect(getBackend()).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test("says instruction set and threads", async () => {
    vi.stubEnv("PLUMBLINE_THREADS", "3");
    expect(await nativeTfjsBackend.probe()).toEqual({
      available: true,
      deterministic: true,
      device: expect.stringMatching(/^addon, [a-z0-9-]+, 3 threads \(.+\)$/),
      versions: { "@tensorflow/tfjs": expect.stringMatching(/^4\./) },
      speed: expect.any(Number),
    });
    vi.stubEnv("PLUMBLINE_THREADS", "1");
    const one = await nativeTfjsBackend.probe();
    expect(one.available && one.device).toContain(", 1 thread (");
  });

  test("has every kernel of the cpu backend, and our own", () => {
    const names = (backend: string): string[] =>
      getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
    expect(names(tfjsName)).toEqual(expect.arrayContaining(names("cpu")));
    expect(names(tfjsName).length - names("cpu").length).toBe(4);
  });

  test("encodes and decodes as worked out by hand, and prints nothing", async () => {
    const sae = await nativeTfjsBackend.openInference(form);
    // Centered (2, 3): preActs (2, 3, 4); the two largest are latents 1 and 2.
    const latents = await sae.encode(Float32Array.of(3, 3));
    expect([...latents.indices]).toEqual([1, 2]);
    expect([...latents.values]).toEqual([3, 4]);
    // 3 · (0, 1) + 4 · (0.5, 0.5) + (1, 0).
    expect([...(await sae.decode(latents))]).toEqual([3, 5]);
    sae.dispose();
    expect(printed).toEqual([]);
  });
});
