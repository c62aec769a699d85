import "@tensorflow/tfjs";
import { createRandom, type EngineState, PlumblineError, type SaeEngine } from "@plumbline/core";
import { setBackend } from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, expect, describe as suite, test } from "vitest";
import { createGenericEngine, type GenericEngineOptions } from "./generic-engine.ts";
import { batchOf, controls, sample, shape, smallRelu } from "./small-relu.test-support.ts";

const options: GenericEngineOptions = {
  architecture: smallRelu(),
  ...shape,
  random: createRandom(1),
  sample,
  backendName: "cpu",
};

async function refusal(work: () => Promise<unknown>): Promise<PlumblineError> {
  try {
    await work();
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

let engine: SaeEngine;
beforeAll(async () => {
  await setBackend("cpu");
});
beforeEach(async () => {
  engine = await createGenericEngine(options);
});
afterEach(() => engine.dispose());

suite("createGenericEngine() refuses", () => {
  for (const [what, change, code] of [
    ["a width of zero", { dSae: 0 }, "bad-width"],
    ["a fractional width", { dIn: 1.5 }, "bad-width"],
    ["a sample of another width", { sample: { ...sample, mean: new Float32Array(2) } }, "shape-mismatch"],
    ["a tfjs backend that is not there", { backendName: "wsam" }, "backend-not-ready"],
  ] as const) {
    test(what, async () => {
      expect((await refusal(() => createGenericEngine({ ...options, ...change }))).code).toBe(code);
    });
  }

  test("what the architecture refuses", async () => {
    const check = (): void => {
      throw new PlumblineError({ code: "too-odd", kind: "usage", message: "[test] check(): odd widths" });
    };
    const architecture = { ...smallRelu(), check };
    expect((await refusal(() => createGenericEngine({ ...options, architecture }))).code).toBe("too-odd");
  });
});

suite("step() refuses", () => {
  const target = new Float32Array(shape.dIn * shape.dSae);
  for (const [what, change, code, words] of [
    [
      "an unknown control, with the nearest",
      { scalars: { weigth: 1 } },
      "unknown-control",
      'did you mean "weight"?',
    ],
    ["a missing control", { scalars: {} }, "missing-control", 'needs the control "weight"'],
    ["a control that is NaN", { scalars: { weight: Number.NaN } }, "bad-control", "weight to be finite"],
    ["a learning rate that is NaN", { lr: Number.NaN }, "bad-control", "lr to be finite"],
    ["a clip norm of zero", { clipNorm: 0 }, "bad-control", "clipNorm to be above 0"],
    [
      "a row penalty without width",
      { rowPenalty: { target, weight: 1, width: 0 } },
      "bad-control",
      "rowPenalty.width to be above 0",
    ],
    [
      "a row penalty of infinite weight",
      { rowPenalty: { target, weight: Number.POSITIVE_INFINITY, width: 1 } },
      "bad-control",
      "rowPenalty.weight to be finite",
    ],
    [
      "targets of another size",
      { rowPenalty: { target: new Float32Array(4), weight: 1, width: 1 } },
      "shape-mismatch",
      "rowPenalty.target of 5 × 3 numbers, got 4",
    ],
  ] as const) {
    test(what, async () => {
      const error = await refusal(() => engine.step(batchOf(0, 2), controls(change)));
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
    });
  }

  test("batches that are no whole rows, or none", async () => {
    for (const length of [0, 4]) {
      const error = await refusal(() => engine.step(new Float32Array(length), controls()));
      expect(error.code).toBe("shape-mismatch");
      expect(error.message).toContain(
        `step(): expected whole rows of 3 numbers, at least one, got ${length}`,
      );
    }
  });

  test("and is as if it had not been called", async () => {
    const before = await engine.exportState();
    await refusal(() => engine.step(batchOf(0, 2), controls({ scalars: {} })));
    expect(await engine.exportState()).toEqual(before);
  });
});

suite("importState() refuses", () => {
  const changed = (change: (state: EngineState) => Partial<EngineState>) => async () => {
    const state = await engine.exportState();
    return engine.importState({ ...state, ...change(state) });
  };
  const withArray = (name: string, array: EngineState["arrays"][string]) =>
    changed((state) => ({ arrays: { ...state.arrays, [name]: array } }));
  const without = (name: string) =>
    changed(({ arrays }) => ({
      arrays: Object.fromEntries(Object.entries(arrays).filter(([key]) => key !== name)),
    }));
  for (const [what, work, words] of [
    [
      "another architecture",
      changed(() => ({ architecture: { name: "topk", config: smallRelu().config } })),
      "expected architecture small-relu, got topk",
    ],
    [
      "another configuration",
      changed(() => ({ architecture: { name: "small-relu", config: smallRelu({ label: "b" }).config } })),
      "expected configuration",
    ],
    ["other widths", changed(() => ({ dSae: 6 })), "expected widths 3 → 5, got 3 → 6"],
    ["a number of steps that is none", changed(() => ({ nSteps: -1 })), "steps of 0 or more, got -1"],
    ["a fractional number of steps", changed(() => ({ nSteps: 0.5 })), "steps of 0 or more, got 0.5"],
    ["a missing array", without("optimizer/mean/decoder"), "expected arrays"],
    ["an array too many", withArray("parameter/gain", { shape: [1], data: new Float32Array(1) }), "arrays"],
    [
      "another shape",
      withArray("parameter/decoder", { shape: [3, 5], data: new Float32Array(15) }),
      "expected shape of parameter/decoder [5, 3], got [3, 5]",
    ],
    [
      "an array that does not fill its shape",
      withArray("parameter/decoder", { shape: [5, 3], data: new Float32Array(14) }),
      "expected length of parameter/decoder 15, got 14",
    ],
    [
      "another dtype",
      withArray("buffer/seen", { shape: [1], data: new Float32Array(1) }),
      "expected dtype of buffer/seen int32, got float32",
    ],
  ] as const) {
    test(what, async () => {
      await engine.step(batchOf(0, 4), controls());
      const before = await engine.exportState();
      const error = await refusal(work);
      expect(error.code).toBe("state-mismatch");
      expect(error.message).toContain(words);
      expect(await engine.exportState()).toEqual(before);
    });
  }
});

suite("importState()", () => {
  test("takes what exportState() gave, to the bit, whatever the order of keys", async () => {
    for (let i = 0; i < 3; i++) await engine.step(batchOf(i, 4), controls());
    const state = await engine.exportState();
    const reversed: EngineState = {
      ...state,
      architecture: { name: "small-relu", config: { label: "", decoderRows: "unit" } },
      arrays: Object.fromEntries(Object.entries(state.arrays).reverse()),
    };
    const other = await createGenericEngine({ ...options, random: createRandom(9) });
    await other.importState(reversed);
    expect(await other.exportState()).toEqual(state);
    await other.step(batchOf(3, 4), controls());
    await engine.step(batchOf(3, 4), controls());
    expect(await other.exportState()).toEqual(await engine.exportState());
    other.dispose();
  });

  test("keeps no hold on the arrays it was given", async () => {
    const state = await engine.exportState();
    const mine = structuredClone(state);
    await engine.importState(mine);
    for (const { data } of Object.values(mine.arrays)) data.fill(7);
    expect(await engine.exportState()).toEqual(state);
  });
});

suite("a disposed engine", () => {
  test("refuses everything, and a second dispose() is harmless", async () => {
    const state = await engine.exportState();
    const latents = await engine.encode(batchOf(0, 1));
    engine.dispose();
    engine.dispose();
    for (const work of [
      () => engine.step(batchOf(0, 1), controls()),
      () => engine.encode(batchOf(0, 1)),
      () => engine.decode(latents),
      () => engine.inference(),
      () => engine.exportState(),
      () => engine.importState(state),
    ]) {
      expect((await refusal(work)).code).toBe("engine-disposed");
    }
  });
});
