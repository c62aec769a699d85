import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { z } from "zod";
import { curveConfigSchema, curveFromConfig, curveKinds, scheduleFromConfig } from "./config.ts";
import { cosineDecay } from "./cosine-decay.ts";
import { linearDecay } from "./linear-decay.ts";
import { linearWarmup } from "./linear-warmup.ts";
import { warmupDecay } from "./warmup-decay.ts";

const valuesOf = (config: unknown, nSteps = 10): number[] => {
  const curve = curveFromConfig(config);
  return Array.from({ length: nSteps }, (_, step) => curve({ step, nSteps }));
};

function errorOf(config: unknown): PlumblineError {
  try {
    curveFromConfig(config, { where: "train.json" });
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("expected an error");
}

suite("curveFromConfig()", () => {
  test("makes what the functions make, defaults included", () => {
    const of = (curve: ReturnType<typeof linearDecay>): number[] =>
      Array.from({ length: 10 }, (_, step) => curve({ step, nSteps: 10 }));
    expect(valuesOf({ kind: "constant", value: 2 })).toEqual(new Array(10).fill(2));
    expect(valuesOf({ kind: "linear-warmup", to: 3 })).toEqual(of(linearWarmup({ to: 3 })));
    expect(valuesOf({ kind: "linear-decay", from: 3 })).toEqual(of(linearDecay({ from: 3 })));
    expect(valuesOf({ kind: "cosine-decay", from: 3, to: 1 })).toEqual(of(cosineDecay({ from: 3, to: 1 })));
    const options = { peak: 0.004, warmupSteps: 2, decayFraction: 0.2 };
    expect(valuesOf({ kind: "warmup-decay", ...options })).toEqual(of(warmupDecay(options)));
    expect(valuesOf({ kind: "warmup-decay", ...options, decay: "cosine", to: 0.001 })).toEqual(
      of(warmupDecay({ ...options, decay: "cosine", to: 0.001 })),
    );
  });

  test("joins parts, joins within joins too", () => {
    const one = { kind: "constant", value: 1 };
    const two = { kind: "constant", value: 2 };
    const inner = { kind: "join", parts: [{ fraction: 0.5, curve: one }, { curve: two }] };
    expect(valuesOf({ kind: "join", parts: [{ nSteps: 1, curve: two }, { curve: inner }] }, 5)).toEqual([
      2, 1, 1, 2, 2,
    ]);
  });

  test("suggests the nearest kind and the nearest key", () => {
    expect(errorOf({ kind: "constnt", value: 1 }).message).toContain('(nearest: constant), got "constnt"');
    expect(errorOf({})).toMatchObject({ code: "bad-config", where: "train.json, key kind" });
    const typo = errorOf({ kind: "warmup-decay", peak: 1, warmupStep: 3 });
    expect(typo).toMatchObject({ code: "unknown-key", where: "train.json, key warmupStep" });
    expect(typo.hint).toContain('did you mean "warmupSteps"?');
    const nested = errorOf({ kind: "join", parts: [{ curve: { kind: "constant", valu: 1 } }] });
    expect(nested.where).toBe("train.json, key parts.0.curve.valu");
    expect(nested.hint).toBe('did you mean "value"? Known: kind, value');
  });

  test.each([
    ["a fraction above 1", { kind: "warmup-decay", peak: 1, decayFraction: 2 }, "decayFraction"],
    ["half a step", { kind: "warmup-decay", peak: 1, warmupSteps: 0.5 }, "warmupSteps"],
    ["a missing value", { kind: "constant" }, "value"],
    ["no parts", { kind: "join", parts: [] }, "parts"],
  ])("refuses %s and names its key", (_, config, key) => {
    expect(errorOf(config)).toMatchObject({ code: "bad-config", where: `train.json, key ${key}` });
  });

  test("refuses parts that fit no run", () => {
    const part = { curve: { kind: "constant", value: 1 } };
    expect(errorOf({ kind: "join", parts: [part, part] }).code).toBe("bad-schedule");
  });

  test("answers anything with a curve or an error in words", () => {
    const almost = fc.record(
      {
        kind: fc.constantFrom(...curveKinds, "other"),
        value: fc.jsonValue(),
        from: fc.jsonValue(),
        parts: fc.array(fc.record({ fraction: fc.jsonValue(), curve: fc.jsonValue() }, { requiredKeys: [] })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (config) => {
        try {
          expect(curveFromConfig(config)).toBeTypeOf("function");
        } catch (error) {
          expect(PlumblineError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});

suite("scheduleFromConfig()", () => {
  test("puts the curve under the name of its scalar", () => {
    const lr = scheduleFromConfig("lr", { kind: "linear-warmup", to: 1 });
    expect(lr.name).toBe("lr");
    expect(lr.at({ step: 1, nSteps: 4 }, null, undefined).scalars).toEqual({ lr: 0.5 });
  });
});

suite("curveConfigSchema", () => {
  test("describes every kind and every field, for the configuration's JSON Schema", () => {
    const schema = z.toJSONSchema(curveConfigSchema, { io: "input" });
    const members = (schema.oneOf ?? []) as {
      description?: string;
      properties?: Record<string, { const?: string }>;
    }[];
    expect(members.map((member) => member.properties?.kind?.const)).toEqual(curveKinds);
    for (const member of members) {
      expect(member.description).toBeTypeOf("string");
      for (const [key, field] of Object.entries(member.properties ?? {})) {
        if (key !== "kind") expect(field).toHaveProperty("description");
      }
    }
  });
});
