import { type Architecture, createRandom, type Named, type NamedArray } from "@plumbline/core";
import { memory, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { batchTopK } from "./batch-topk/batch-topk.ts";
import { builtInArchitectures } from "./built-in.ts";
import { refusal } from "./by-hand.test-support.ts";
import { tensorsFrom } from "./float64.test-support.ts";
import { gated } from "./gated/gated.ts";
import { gatedAnneal } from "./gated/gated-anneal.ts";
import { jumpRelu } from "./jumprelu/jumprelu.ts";
import { matryoshkaBatchTopK } from "./matryoshka-batch-topk/matryoshka-batch-topk.ts";
import { pAnneal } from "./p-anneal/p-anneal.ts";
import { relu } from "./relu/relu.ts";
import { nextFiring } from "./shared/firing.ts";
import { named, randomUnitRows } from "./shared/parameters.ts";
import { unitDecoder } from "./shared/unit-decoder.ts";
import { topK } from "./topk/topk.ts";

const shape = { dIn: 6, dSae: 10 };
const sample = { rows: new Float32Array(12), nRows: 2, mean: new Float32Array(6).fill(0.5) };

function initOf(architecture: Architecture<Tensor>, seed: number, drawn = 0): Named<NamedArray> {
  const random = createRandom(seed);
  for (let i = 0; i < drawn; i++) random.uint32();
  return architecture.init({ ...shape, random, sample });
}

/** What of an architecture can be compared: everything but its functions. */
const data = (architecture: Architecture<Tensor>): unknown => JSON.parse(JSON.stringify(architecture));

/** A configuration of each that differs from its defaults, and a key with a slip of the pen, with the key that was meant. */
const configurations = [
  {
    factory: topK,
    config: { k: 7, auxkCoefficient: 0.03, auxk: 5 },
    slip: ["auxkCoeficient", "auxkCoefficient"],
  },
  {
    factory: relu,
    config: { decoderRows: "free", encoderBiasInit: -0.2 },
    slip: ["decoderRow", "decoderRows"],
  },
  { factory: batchTopK, config: { k: 2.5, thresholdDecay: 0.9 }, slip: ["thresholdDecy", "thresholdDecay"] },
  {
    factory: matryoshkaBatchTopK,
    config: { groupFractions: [0.5, 0.5], prefixWeights: [2, 1] },
    slip: ["groupFraction", "groupFractions"],
  },
  { factory: pAnneal, config: { sparsityFunction: "lp-norm" }, slip: ["sparsityFunc", "sparsityFunction"] },
  { factory: gated, config: { auxiliaryDecoder: "trained-defect", beta1: 0 }, slip: ["beta", "beta1"] },
  {
    factory: gatedAnneal,
    config: { decoderRows: "free", decoderInit: 0.1 },
    slip: ["decoderInits", "decoderInit"],
  },
  {
    factory: jumpRelu,
    config: { penalty: "step", thresholdForm: "log" },
    slip: ["thresholdFrom", "thresholdForm"],
  },
] as const;

suite("builtInArchitectures", () => {
  test("are all of them, once", () => {
    expect([...builtInArchitectures.map((factory) => factory.architectureName)].sort()).toEqual(
      [...configurations.map(({ factory }) => factory.architectureName)].sort(),
    );
  });
});

for (const { factory, config, slip } of configurations) {
  const name = factory.architectureName;
  const create = factory as (config?: object) => Architecture<Tensor>;

  suite(`${name}: configuration`, () => {
    test("is complete, and makes an equal architecture again", () => {
      for (const given of [{}, config]) {
        const first = create(given);
        expect(first.name).toBe(name);
        expect(data(create(JSON.parse(JSON.stringify(first.config))))).toEqual(data(first));
        for (const key of Object.keys(given)) expect(first.config).toHaveProperty(key);
      }
      expect(Object.keys(create().config).length).toBeGreaterThanOrEqual(4);
    });

    test("is frozen", () => {
      expect(Object.isFrozen(create())).toBe(true);
      expect(Object.isFrozen(create().config)).toBe(true);
    });

    test("refuses an unknown key and names the nearest", () => {
      const [wrong, meant] = slip;
      const error = refusal(() => create({ [wrong]: 1 }));
      expect(error.code).toBe("unknown-key");
      expect(error.hint).toContain(`did you mean "${meant}"?`);
    });
  });

  suite(`${name}: start`, () => {
    test("is the same for the same seed, whatever else was drawn, and another for another", () => {
      const first = initOf(create(), 1);
      const later = initOf(create(), 1, 17);
      const other = initOf(create(), 2);
      for (const [key, { data: values }] of Object.entries(first)) expect(later[key]?.data).toEqual(values);
      expect(other.decoder?.data).not.toEqual(first.decoder?.data);
    });

    test("has decoder rows of norm 1, or of decoderInit where they are free", () => {
      const normsOf = (given: object): number[] => {
        const { data: decoder = [] } = initOf(create(given), 1).decoder ?? {};
        return Array.from({ length: 10 }, (_, i) =>
          Math.hypot(...Array.from(decoder).slice(i * 6, i * 6 + 6)),
        );
      };
      for (const norm of normsOf({ decoderInit: 0.1 })) expect(norm).toBeCloseTo(1, 5);
      for (const norm of normsOf({ decoderRows: "free", decoderInit: 0.1 })) expect(norm).toBeCloseTo(0.1, 5);
      expect(create({ decoderRows: "free" }).constrain).toBeUndefined();
      expect(create().constrain).toBeDefined();
    });

    test("hands its betas to Adam", () => {
      const expected = { kind: "adam", beta1: 0, beta2: 0.99, epsilon: 1e-8 };
      expect(create({ beta1: 0, beta2: 0.99 }).optimizer).toEqual(expected);
    });

    test("does not depend on the configuration of the encoder", () => {
      expect(initOf(create({ encoderInit: 0.3 }), 1).decoder?.data).toEqual(
        initOf(create(), 1).decoder?.data,
      );
    });
  });
}

suite("bad values", () => {
  for (const [config, key] of [
    [{ k: 0 }, "k"],
    [{ k: 1.5 }, "k"],
    [{ encoderInit: 0 }, "encoderInit"],
    [{ auxkCoefficient: -1 }, "auxkCoefficient"],
    [{ deadAfterTokens: 2 ** 30 + 1 }, "deadAfterTokens"],
    [{ beta2: 1 }, "beta2"],
    [{ auxkForm: "scaled-with-bias" as never }, "auxkForm"],
    [{ decoderInit: 0 }, "decoderInit"],
  ] as const) {
    test(`topk refuses ${JSON.stringify(config)}, naming the key`, () => {
      const error = refusal(() => topK(config));
      expect(error.code).toBe("bad-config");
      expect(error.where).toContain(`key ${key}`);
    });
  }

  test("relu refuses rows that are neither unit nor free", () => {
    expect(refusal(() => relu({ decoderRows: "half" as never })).code).toBe("bad-config");
  });
});

suite("relu: start", () => {
  test("takes the encoder biases from the configuration", () => {
    const { encoderBias } = initOf(relu({ encoderBiasInit: -0.25 }), 1);
    expect([...(encoderBias?.data ?? [])]).toEqual(Array.from({ length: 10 }, () => -0.25));
  });
});

suite("randomUnitRows()", () => {
  test("gives rows of norm 1 without a preferred direction", () => {
    const rows = randomUnitRows({ nRows: 4000, width: 3, random: createRandom(3) });
    const sum = [0, 0, 0];
    for (let row = 0; row < 4000; row++) {
      const values = [...rows.slice(row * 3, row * 3 + 3)];
      expect(Math.hypot(...values)).toBeCloseTo(1, 6);
      values.forEach((value, j) => {
        sum[j] = (sum[j] ?? 0) + value;
      });
    }
    // Each coordinate has variance 1/3, so its mean over 4,000 rows has a standard deviation of 0.009.
    for (const total of sum) expect(Math.abs(total / 4000)).toBeLessThan(0.04);
  });
});

suite("nextFiring()", () => {
  test("counts tokens, starts over where a latent fired, and calls dead from the limit on", () => {
    const buffers = tensorsFrom({ tokensSinceFired: { shape: [3], data: Int32Array.of(0, 90, 91) } });
    const fired_F = tensorsFrom({ fired: { shape: [3], data: Float32Array.of(2, 0, 0) } }).fired;
    const firing = nextFiring({ buffers, fired_F: fired_F as never, nTokens: 9, deadAfterTokens: 100 });
    expect([...(firing.buffers.tokensSinceFired?.dataSync() ?? [])]).toEqual([0, 99, 100]);
    expect(firing.buffers.tokensSinceFired?.dtype).toBe("int32");
    expect([...firing.dead_F.dataSync()]).toEqual([0, 0, 1]);
  });
});

suite("unitDecoder", () => {
  test("takes the part of the gradient along each row away, and puts rows back at norm 1", () => {
    const decoder = tensor2d([
      [1, 0],
      [0.6, 0.8],
    ]);
    const gradient = tensor2d([
      [3, 4],
      [1, 1],
    ]);
    // (3, 4) loses (3, 0). (1, 1) has 1.4 along (0.6, 0.8) and loses (0.84, 1.12).
    const projected = unitDecoder.gradient({ decoder: gradient, other: gradient }, { decoder });
    expect(Object.keys(projected)).toEqual(["decoder"]);
    [0, 4, 0.16, -0.12].forEach((value, i) => {
      expect(projected.decoder?.dataSync()[i]).toBeCloseTo(value, 6);
    });
    const back = unitDecoder.afterStep({ decoder: gradient });
    [0.6, 0.8, Math.SQRT1_2, Math.SQRT1_2].forEach((value, i) => {
      expect(back.decoder?.dataSync()[i]).toBeCloseTo(value, 6);
    });
  });
});

suite("tensors", () => {
  test("a parameter that is missing is named", () => {
    expect(() => named({}, "decoder")).toThrowError(/decoder/);
  });

  const auxk = { k: 2, auxkCoefficient: 0.1, deadAfterTokens: 1 };
  for (const architecture of [
    topK(auxk),
    relu({ decoderRows: "free" }),
    batchTopK({ ...auxk, decoderRows: "free", auxkForm: "scaled" }),
    matryoshkaBatchTopK({ ...auxk, groupFractions: [0.5, 0.5] }),
    pAnneal({ sparsityFunction: "lp-norm" }),
    gated(),
    gatedAnneal({ decoderRows: "free" }),
    jumpRelu({ thresholdForm: "log", preActCoefficient: 1 }),
  ]) {
    test(`${architecture.name} keeps nothing outside the engine's scope`, () => {
      const parameters = tensorsFrom(initOf(architecture, 1));
      const buffers = tensorsFrom(architecture.initBuffers(shape));
      const before = memory().numTensors;
      tidy(() => {
        const x_BD = tensor2d(sample.rows, [2, 6]);
        const scalars = { sparsityCoefficient: 1, p: 0.5, nextP: 0.4 };
        architecture.loss({ parameters, buffers, x_BD, scalars });
        architecture.decode(parameters, architecture.encode(parameters, buffers, x_BD));
        architecture.inference(parameters, buffers);
        architecture.directions(parameters);
        architecture.constrain?.gradient(parameters, parameters);
        architecture.constrain?.afterStep(parameters);
      });
      expect(memory().numTensors).toBe(before);
    });
  }
});
