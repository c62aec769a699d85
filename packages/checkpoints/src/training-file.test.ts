import type { EngineState } from "@plumbline/core";
import { encodeSafetensors } from "@plumbline/safetensors";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { anyBits, bits, exampleState, int32, thrown } from "./checkpoint.test-kit.ts";
import { sha256 } from "./sha256.ts";
import { decodeTrainingState, encodeTrainingState, type TrainingFiles } from "./training-file.ts";

const trainer = { step: 100, schedules: [{ scale: -0 }, null], random: [1, 2, 3, 4294967295] };

suite("encodeTrainingState()", () => {
  test("gives back what it was given", () => {
    const state = { engine: exampleState(), trainer };
    const read = decodeTrainingState(encodeTrainingState(state));
    expect(read).toStrictEqual(state);
    expect(read.engine.arrays["buffer/tokensSinceFired"]?.data).toBeInstanceOf(Int32Array);
  });

  test("gives back every bit of any floats, NaN payloads included, and any integers", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 });
    const array = fc
      .record({ shape: fc.array(fc.nat(3), { maxLength: 3 }), words: fc.array(anyBits), whole: fc.boolean() })
      .map(({ shape, words, whole }) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const { buffer } = Uint32Array.from(
          { length },
          (_, i) => words[i % Math.max(1, words.length)] ?? 0x7fa01234,
        );
        return { shape, data: whole ? new Int32Array(buffer) : new Float32Array(buffer) };
      });
    const states = names.chain((keys) =>
      fc
        .tuple(...keys.map(() => array))
        .map((arrays) => Object.fromEntries(keys.map((key, i) => [`buffer/${key}`, arrays[i]]))),
    ) as fc.Arbitrary<EngineState["arrays"]>;
    fc.assert(
      fc.property(states, (arrays) => {
        const engine = { ...exampleState(), arrays };
        const read = decodeTrainingState(encodeTrainingState({ engine })).engine.arrays;
        expect(Object.keys(read).sort()).toEqual(Object.keys(arrays).sort());
        for (const [name, { shape, data }] of Object.entries(arrays)) {
          expect(read[name]?.shape).toEqual(shape);
          expect(read[name]?.data.constructor).toBe(data.constructor);
          expect(bits(read[name]?.data ?? new Float32Array())).toEqual(bits(data));
        }
      }),
    );
  });

  test("gives the same bytes for the same content, whatever the order of names and keys", () => {
    const engine = exampleState();
    const reversed = { ...engine, arrays: Object.fromEntries(Object.entries(engine.arrays).reverse()) };
    const files = encodeTrainingState({ engine, trainer });
    const { step, schedules, random } = trainer;
    expect(encodeTrainingState({ engine: reversed, trainer: { random, schedules, step } })).toEqual(files);
    expect(files["trainer.json"].endsWith("}\n")).toBe(true);
  });

  test("saves a state that diverged", () => {
    const engine = exampleState();
    const data = Float32Array.of(Number.NaN);
    const arrays = { ...engine.arrays, "buffer/scale": { shape: [], data } };
    const read = decodeTrainingState(encodeTrainingState({ engine: { ...engine, arrays } }));
    expect(read.engine.arrays["buffer/scale"]?.data[0]).toBeNaN();
    expect(read.trainer).toEqual({});
  });

  test("refuses states that could not be read back", () => {
    const engine = exampleState();
    const cases: readonly (readonly [Partial<EngineState>, string])[] = [
      [{ nSteps: -1 }, "bad-state"],
      [{ nSteps: 0.5 }, "bad-state"],
      [{ dIn: 0 }, "bad-state"],
      [{ arrays: { a: { shape: [3], data: new Float32Array(2) } } }, "shape-mismatch"],
      [
        { arrays: { a: { shape: [2], data: new Float64Array(2) as unknown as Float32Array } } },
        "shape-mismatch",
      ],
      [{ architecture: { name: "x", config: { k: Number.NaN } } }, "bad-json-value"],
    ];
    for (const [change, code] of cases) {
      expect(thrown(() => encodeTrainingState({ engine: { ...engine, ...change } }))).toMatchObject({ code });
    }
  });
});

suite("decodeTrainingState()", () => {
  const files = encodeTrainingState({ engine: exampleState(), trainer });
  const refused = (changed: Partial<TrainingFiles>) =>
    thrown(() => decodeTrainingState({ ...files, ...changed }, { where: "runs/a" }));
  const altered = (change: (description: Record<string, unknown>) => void): Partial<TrainingFiles> => {
    const description = JSON.parse(files["trainer.json"]);
    change(description);
    return { "trainer.json": JSON.stringify(description) };
  };

  const hostile: readonly (readonly [string, unknown, string])[] = [
    ["format", "plumbline-sae", "foreign-format"],
    ["version", 0, "foreign-version"],
    ["architecture", null, "bad-description"],
    ["architecture", { name: "topk" }, "bad-description"],
    ["architecture", { name: "topk", config: {}, extra: 1 }, "bad-description"],
    ["dIn", 0, "bad-description"],
    ["dIn", 5, "shape-mismatch"],
    ["dSae", 9, "shape-mismatch"],
    ["nSteps", -1, "bad-description"],
    ["trainer", [], "bad-description"],
    ["tensors", {}, "bad-description"],
    ["other", 1, "bad-description"],
  ];
  test.each(hostile)("refuses %s = %j", (key, value, code) => {
    const error = refused(
      altered((description) => {
        description[key] = value;
      }),
    );
    expect(error).toMatchObject({ code, kind: "input" });
    expect(error.where).toMatch(/^runs\/a\/trainer\.(json|safetensors)/);
  });

  test("names an encoder whose shape does not fit the widths", () => {
    const error = refused(
      altered((description) => {
        description.dIn = 5;
      }),
    );
    expect(error.message).toContain(
      'expected shape [4, 5], got [4, 3] (runs/a/trainer.safetensors, tensor "parameter/encoder")',
    );
  });

  test("refuses an altered tensor file, and tensors of other types", () => {
    const bytes = files["trainer.safetensors"].slice();
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(refused({ "trainer.safetensors": bytes })).toMatchObject({ code: "altered-file" });
    const doubles = encodeSafetensors({ a: { shape: [1], data: new Float64Array(1) } });
    const description = altered((found) => {
      found.tensors = {
        file: "trainer.safetensors",
        bytes: doubles.length,
        sha256: sha256(doubles),
        names: ["a"],
      };
    });
    expect(refused({ ...description, "trainer.safetensors": doubles })).toMatchObject({
      code: "dtype-mismatch",
    });
  });

  test("answers any damage with a named error, never with another failure or other numbers", () => {
    const text = new TextEncoder().encode(files["trainer.json"]);
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(edits, (places) => {
        const copy = text.slice();
        for (const [place, value] of places) copy[place % copy.length] = value;
        try {
          const read = decodeTrainingState({ ...files, "trainer.json": new TextDecoder().decode(copy) });
          expect(read.engine.arrays).toEqual(exampleState().arrays);
        } catch (error) {
          expect(error).toMatchObject({ name: "PlumblineError", kind: "input" });
        }
      }),
      { numRuns: 500 },
    );
  });

  test("keeps integers beyond what a float32 can hold", () => {
    const engine = { ...exampleState(), arrays: { a: int32([2], [16_777_217, -(2 ** 31)]) } };
    const read = decodeTrainingState(encodeTrainingState({ engine }));
    expect([...(read.engine.arrays.a?.data ?? [])]).toEqual([16_777_217, -(2 ** 31)]);
  });
});
