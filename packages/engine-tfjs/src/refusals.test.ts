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
  for (const [what, change, code, words] of [
    [
      "a width of zero",
      { dSae: 0 },
      "bad-width",
      "[engine-tfjs] createGenericEngine(): expected dSae to be an integer of at least 1, got 0",
    ],
    [
      "a sample of another width",
      { sample: { ...sample, mean: new Float32Array(2) } },
      "shape-mismatch",
      "[engine-tfjs] createGenericEngine(): expected a mean of 3 numbers in the sample, got 2",
    ],
    [
      "a tfjs backend that is not there",
      { backendName: "wsam" },
      "backend-not-ready",
      '[engine-tfjs] expected an initialized tfjs backend, got "wsam"',
    ],
  ] as const) {
    test(what, async () => {
      const error = await refusal(() => createGenericEngine({ ...options, ...change }));
      expect(error.code).toBe(code);
      expect(error.what).toBe(words);
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
  for (const [what, change, code, words] of [
    [
      "what the architecture does not take",
      { scalars: { weigth: 1 } },
      "unknown-control",
      'architecture "small-relu" has no control "weigth"',
    ],
    [
      "numbers that would destroy the parameters",
      { lr: Number.NaN },
      "bad-control",
      "expected lr to be finite, got NaN",
    ],
    [
      "targets of another size",
      { rowPenalty: { target: new Float32Array(4), weight: 1, width: 1 } },
      "shape-mismatch",
      "expected rowPenalty.target of 5 × 3 numbers, got 4",
    ],
  ] as const) {
    test(what, async () => {
      const error = await refusal(() => engine.step(batchOf(0, 2), controls(change)));
      expect(error.code).toBe(code);
      expect(error.what).toBe(`[engine-tfjs] step(): ${words}`);
    });
  }

  test("batches that are no whole rows, or none", async () => {
    for (const length of [0, 4]) {
      const error = await refusal(() => engine.step(new Float32Array(length), controls()));
      expect(error.code).toBe("shape-mismatch");
      expect(error.what).toBe(
        `[engine-tfjs] step(): expected whole rows of 3 numbers, at least one, got ${length} numbers`,
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
      "[engine-tfjs] importState(): expected architecture small-relu, got topk",
    ],
    [
      "another configuration",
      changed(() => ({ architecture: { name: "small-relu", config: smallRelu({ label: "b" }).config } })),
      'got {"decoderRows":"unit","label":"b"}',
    ],
    ["a missing array", without("optimizer/mean/decoder"), "expected arrays"],
    [
      "another shape",
      withArray("parameter/decoder", { shape: [3, 5], data: new Float32Array(15) }),
      "expected shape of parameter/decoder [5, 3], got [3, 5]",
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

suite("inference() refuses", () => {
  test("an architecture that leaves out what is saved", async () => {
    const whole = smallRelu();
    const inference: typeof whole.inference = (parameters, buffers) => {
      const { tensors, ...rule } = whole.inference(parameters, buffers);
      const { encoder: _, ...others } = tensors;
      return { tensors: others, ...rule };
    };
    const other = await createGenericEngine({ ...options, architecture: { ...whole, inference } });
    expect((await refusal(() => other.inference())).what).toBe(
      '[engine-tfjs] inference(): architecture "small-relu" gave no float32 tensor named "encoder"',
    );
    other.dispose();
  });
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
      const error = await refusal(work);
      expect(error.code).toBe("engine-disposed");
      expect(error.what).toBe("[engine-tfjs] the engine was disposed and cannot be used any more");
    }
  });
});
