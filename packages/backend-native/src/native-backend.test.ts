import { type Architecture, createRandom, type EngineOptions, type InferenceForm } from "@plumbline/core";
import { afterEach, expect, describe as suite, test, vi } from "vitest";
import { createNativeBackend, nativeBackend } from "./native-backend.ts";

const [dIn, dSae] = [5, 9];

/** An architecture without tensor code: the fused description is all that this engine reads. */
const architecture: Architecture<unknown> = {
  specVersion: 1,
  name: "topk",
  config: { k: 2 },
  controls: [],
  statistics: ["l0", "deadLatents", "explainedVariance"],
  optimizer: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  decoderRows: "unit",
  check: () => undefined,
  init: ({ random }) => {
    const rows = (): Float32Array => Float32Array.from({ length: dSae * dIn }, () => random.normal());
    return {
      encoder: { shape: [dSae, dIn], data: rows() },
      encoderBias: { shape: [dSae], data: new Float32Array(dSae) },
      decoder: { shape: [dSae, dIn], data: rows() },
      decoderBias: { shape: [dIn], data: new Float32Array(dIn) },
    };
  },
  initBuffers: () => ({ tokensSinceFired: { shape: [dSae], data: new Int32Array(dSae) } }),
  encode: () => undefined,
  decode: () => undefined,
  loss: () => ({ terms: {}, statistics: {}, buffers: {} }),
  inference: () => ({ tensors: {}, subtractDecoderBias: true, activation: { kind: "topk", k: 2 } }),
  directions: () => ({ encoder: undefined, decoder: undefined }),
  fused: { activation: "topk", rowMap: "none", details: { k: 2, deadAfterTokens: 100 } },
};

const options = (): EngineOptions<unknown> => ({
  architecture,
  dIn,
  dSae,
  random: createRandom(1),
  sample: { rows: new Float32Array(dIn), nRows: 1, mean: new Float32Array(dIn) },
});
const controls = { lr: 0.01, scalars: {}, wantStats: true };
const batch = Float32Array.from({ length: 4 * dIn }, (_, i) => Math.sin(i));

afterEach(() => {
  vi.unstubAllEnvs();
});

suite("nativeBackend", () => {
  test("reports a row that is not finite, and leaves the SAE as it was", async () => {
    const engine = await nativeBackend.createEngine(options());
    const before = await engine.exportState();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const rows = batch.slice();
      rows[2 * dIn + 1] = bad;
      await expect(engine.step(rows, controls)).rejects.toMatchObject({ code: "not-finite", kind: "input" });
      await expect(engine.encode(rows)).rejects.toThrow(/row 2 of the batch/);
    }
    expect(await engine.exportState()).toEqual(before);
    engine.dispose();
  });

  test("leaves the event loop free while a step runs", async () => {
    const engine = await nativeBackend.createEngine(options());
    let ticks = 0;
    const step = engine.step(new Float32Array(20_000 * dIn).fill(0.5), controls);
    const ticking = setInterval(() => ticks++, 1);
    await step;
    clearInterval(ticking);
    // A step of 20,000 tokens takes several milliseconds.
    expect(ticks).toBeGreaterThan(0);
    engine.dispose();
  });

  test("runs engines beside each other, and their operations one after another", async () => {
    const engines = await Promise.all([1, 2, 3].map(() => nativeBackend.createEngine(options())));
    const losses = await Promise.all(
      engines.map(async (engine) => Promise.all([1, 2, 3].map(() => engine.step(batch, controls)))),
    );
    const [first, ...others] = losses;
    for (const other of others) expect(other).toEqual(first);
    for (const engine of engines) engine.dispose();
  });

  test.each([["addon"], ["wasm"]] as const)(
    "frees initial parameters once they are copied (%s)",
    async (runtime) => {
      const given = architecture.init(options());
      const taken = { ...architecture, init: () => given };
      const backend = createNativeBackend({ runtime });
      const engine = await backend.createEngine({ ...options(), architecture: taken });
      expect(Object.values(given).map(({ data }) => data.length)).toEqual([0, 0, 0, 0]);
      engine.dispose();
    },
  );

  test("leaves initial parameters that share memory", async () => {
    const given = { ...architecture.init(options()) };
    const shared = { ...architecture, init: () => ({ ...given, decoder: given.encoder as never }) };
    const engine = await nativeBackend.createEngine({ ...options(), architecture: shared });
    const { arrays } = await engine.exportState();
    expect(arrays["parameter/decoder"]?.data).toEqual(given.encoder?.data);
    expect(given.encoder?.data.length).toBe(dSae * dIn);
    engine.dispose();
  });

  test("refuses latents that point outside", async () => {
    const engine = await nativeBackend.createEngine(options());
    const latents = { nRows: 1, dSae, rowStarts: Uint32Array.of(0, 1), values: Float32Array.of(1) };
    const refused = (change: object): Promise<unknown> =>
      engine.decode({ ...latents, indices: Uint32Array.of(0), ...change }).catch((error) => error.code);
    expect(await refused({ indices: Uint32Array.of(dSae) })).toBe("shape-mismatch");
    expect(await refused({ rowStarts: Uint32Array.of(0, 2) })).toBe("shape-mismatch");
    expect(await refused({ rowStarts: Uint32Array.of(1, 0) })).toBe("shape-mismatch");
    expect(await refused({ dSae: dSae + 1 })).toBe("shape-mismatch");
    engine.dispose();
  });

  test("says what is missing, and what to do", async () => {
    vi.stubEnv("PLUMBLINE_NATIVE", "off");
    expect(await createNativeBackend().probe()).toEqual({
      available: false,
      reason: expect.stringContaining("PLUMBLINE_NATIVE=off"),
      nextStep: expect.stringContaining("unset"),
    });
    await expect(createNativeBackend().createEngine(options())).rejects.toMatchObject({
      code: "backend-unavailable",
    });
    const other = createNativeBackend({ instructionSet: "mmx" });
    vi.unstubAllEnvs();
    expect(await other.probe()).toMatchObject({
      available: false,
      nextStep: expect.stringMatching(/choose one of/),
    });
  });

  test("falls through to WebAssembly where there is no addon, and says so", async () => {
    const probe = await createNativeBackend({ runtime: "wasm", threads: 1 }).probe();
    expect(probe).toMatchObject({
      available: true,
      device: expect.stringMatching(/^WebAssembly, wasm, 1 thread/),
    });
  });

  test("refuses a precision that WebAssembly has no product for", async () => {
    const backend = createNativeBackend({ runtime: "wasm", threads: 1, precision: "int8" });
    await expect(backend.createEngine(options())).rejects.toMatchObject({ code: "core-refused" });
  });
});

suite("inference of a gated SAE", () => {
  test("opens gates and gives strengths as worked out by hand", async () => {
    // Centered row (2, 3). shared = (2, 3); gates 2 − 1 = 1 and 3 − 4 = −1: the first opens. Strength e^0 · 2 + 0.5 = 2.5.
    const form: InferenceForm = {
      dIn: 2,
      dSae: 2,
      encoder: Float32Array.of(1, 0, 0, 1),
      encoderBias: Float32Array.of(-1, -4),
      decoder: Float32Array.of(1, 0, 0, 1),
      decoderBias: Float32Array.of(1, 0),
      subtractDecoderBias: true,
      activation: { kind: "gated" },
      extra: {
        magnitudeScale: { shape: [2], data: Float32Array.of(0, 0) },
        magnitudeBias: { shape: [2], data: Float32Array.of(0.5, 0.5) },
      },
      madeBy: { architecture: "gated", config: {} },
    };
    const sae = await nativeBackend.openInference(form);
    const latents = await sae.encode(Float32Array.of(3, 3));
    expect([[...latents.indices], [...latents.values]]).toEqual([[0], [2.5]]);
    expect([...(await sae.decode(latents))]).toEqual([3.5, 0]);
    sae.dispose();
  });
});
