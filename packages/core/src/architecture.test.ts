import { expect, describe as suite, test } from "vitest";
import { z } from "zod";
import { type ArchitectureDefinition, defineArchitecture } from "./architecture.ts";

interface Config {
  readonly k: number;
  readonly auxk?: number | undefined;
}

const definition: ArchitectureDefinition<number, Config> = {
  name: "toy-topk",
  description: "for tests",
  schema: z.strictObject({ k: z.int().min(1).default(32), auxk: z.int().optional() }),
  build: ({ k }) => ({
    controls: ["k"],
    statistics: [],
    optimizer: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    decoderRows: "unit",
    check: () => undefined,
    init: () => ({}),
    initBuffers: () => ({}),
    encode: (_parameters, _buffers, x) => x * k,
    decode: (_parameters, latents) => latents,
    loss: () => ({ terms: {}, statistics: {}, buffers: {} }),
    inference: () => ({ tensors: {}, subtractDecoderBias: true, activation: { kind: "topk", k } }),
    directions: () => ({ encoder: 0, decoder: 0 }),
  }),
};

suite("defineArchitecture()", () => {
  const toy = defineArchitecture(definition);

  test("fills in defaults and builds with the complete configuration", () => {
    expect(toy().config).toEqual({ k: 32 });
    expect(toy({ auxk: 4 }).config).toEqual({ k: 32, auxk: 4 });
    expect(toy({ k: 5 }).encode({}, {}, 2)).toBe(10);
    expect(toy({ k: 5 })).toMatchObject({ specVersion: 1, name: "toy-topk", controls: ["k"] });
  });

  test("gives frozen values, and leaves the caller's configuration alone", () => {
    const config = { k: 3 };
    const architecture = toy(config);
    expect(Object.isFrozen(toy)).toBe(true);
    expect(Object.isFrozen(architecture)).toBe(true);
    expect(Object.isFrozen(architecture.config)).toBe(true);
    expect(Object.isFrozen(config)).toBe(false);
    config.k = 9;
    expect(architecture.config).toEqual({ k: 3 });
  });

  test("says what it is without being configured", () => {
    expect({ ...toy }).toMatchObject({
      specVersion: 1,
      architectureName: "toy-topk",
      description: "for tests",
    });
    expect(toy.schema.safeParse({ k: 4 }).success).toBe(true);
  });

  test("keeps its name and version, whatever the definition builds", () => {
    const build = (config: Config) => ({ ...definition.build(config), name: "other", specVersion: 9 });
    expect(defineArchitecture({ ...definition, build })()).toMatchObject({
      name: "toy-topk",
      specVersion: 1,
    });
  });

  test("refuses unknown keys and bad values, naming the architecture", () => {
    expect(() => toy({ K: 3 } as Partial<Config>)).toThrow(
      '[toy-topk] config: unknown key "K" (architecture "toy-topk", key K); did you mean "k"? Known: k, auxk',
    );
    expect(() => toy({ k: 0 })).toThrow(
      expect.objectContaining({ code: "bad-config", where: 'architecture "toy-topk", key k' }),
    );
  });

  test("refuses names that are not kebab-case", () => {
    for (const name of ["TopK", "top_k", "", "2k", "top-", "-top", "top--k", "top k"]) {
      expect(() => defineArchitecture({ ...definition, name })).toThrow(
        expect.objectContaining({ code: "bad-name", message: expect.stringContaining(`got "${name}"`) }),
      );
    }
    for (const name of ["relu", "batch-topk", "k2-p4"]) {
      expect(defineArchitecture({ ...definition, name }).architectureName).toBe(name);
    }
  });
});
