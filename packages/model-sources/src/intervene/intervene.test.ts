import {
  createRandom,
  type InferenceForm,
  type SaeInference,
  type SplicedModel,
  sparseFromDense,
} from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { detectLatents } from "./detect.ts";
import { generateTokens, sampleToken } from "./generate.ts";
import { type LatentEdit, steering } from "./steering.ts";

/** Latent i is max(0, x_i); its decoder row has length i + 1. */
const form: InferenceForm = {
  dIn: 2,
  dSae: 2,
  encoder: Float32Array.of(1, 0, 0, 1),
  encoderBias: new Float32Array(2),
  decoder: Float32Array.of(1, 0, 0, 2),
  decoderBias: new Float32Array(2),
  subtractDecoderBias: false,
  activation: { kind: "relu" },
  madeBy: { architecture: "by hand", config: {} },
};
const inference: SaeInference = {
  dIn: 2,
  dSae: 2,
  encode: async (x) =>
    sparseFromDense(
      x.map((value) => Math.max(value, 0)),
      { nRows: x.length / 2, dSae: 2 },
    ),
  decode: async () => new Float32Array(),
  dispose: () => {},
};

const change = async (edits: readonly LatentEdit[], activations: Float32Array, from = 0) => {
  const replace = steering(edits, { form, inference, applies: (row) => row >= from });
  return replace({ activations, firstSequence: 0, nSequences: 1 });
};

suite("steering()", () => {
  const x = Float32Array.of(3, 5, -4, 7);

  test.each<[string, LatentEdit, number[]]>([
    [
      "adds a multiple of the decoder row whatever the value",
      { kind: "add", latent: 1, amount: 10 },
      [3, 25, -4, 27],
    ],
    ["clamps by the difference", { kind: "clamp", latent: 1, value: 6 }, [3, 7, -4, 5]],
    ["clamps a silent latent from 0", { kind: "clamp", latent: 0, value: 2 }, [2, 5, -2, 7]],
    ["ablates", { kind: "ablate", latent: 0 }, [0, 5, -4, 7]],
    ["scales", { kind: "scale", latent: 0, factor: 3 }, [9, 5, -4, 7]],
  ])("%s", async (_, edit, expected) => {
    expect([...(await change([edit], x))]).toEqual(expected);
    expect([...x]).toEqual([3, 5, -4, 7]);
  });

  test("adds several up, each of the activations as they came, on the rows that are meant", async () => {
    const edits: LatentEdit[] = [
      { kind: "clamp", latent: 1, value: 0 },
      { kind: "scale", latent: 1, factor: 2 },
      { kind: "add", latent: 0, amount: 1 },
    ];
    expect([...(await change(edits, x))]).toEqual([4, 5, -3, 7]);
    expect([...(await change(edits, x, 1))]).toEqual([3, 5, -3, 7]);
  });

  test("refuses latents that are not there and numbers that are none", () => {
    for (const edit of [
      { kind: "ablate", latent: 2 },
      { kind: "ablate", latent: -1 },
      { kind: "add", latent: 0, amount: Number.NaN },
    ] as const) {
      expect(() => steering([edit], { form, inference })).toThrow(
        expect.objectContaining({ code: "bad-edit" }),
      );
    }
  });
});

/** Predicts the token after the last one, counting; the replacement may add to the count. */
const counting: SplicedModel = {
  hookPoint: "count",
  dIn: 1,
  nVocabulary: 10,
  async *run(sequences, { replace } = {}) {
    for (const [i, ids] of sequences.entries()) {
      const activations = Float32Array.from(ids);
      const x = (await replace?.({ activations, firstSequence: i, nSequences: 1 })) ?? activations;
      yield Float32Array.from({ length: 10 * ids.length }, (_, j) =>
        j % 10 === (x[Math.floor(j / 10)] ?? 0) + 1 ? 3 : 0,
      );
    }
  },
};

suite("generateTokens()", () => {
  const all = async (options: Partial<Parameters<typeof generateTokens>[0]> = {}) => {
    const ids: number[] = [];
    const given = { model: counting, prompt: Int32Array.of(7, 1), nTokens: 4, ...options };
    for await (const id of generateTokens(given)) ids.push(id);
    return ids;
  };

  test("goes on token by token, with and without a replacement, and ends at a stop", async () => {
    expect(await all()).toEqual([2, 3, 4, 5]);
    expect(await all({ replace: ({ activations }) => activations.map((x) => x + 1) })).toEqual([3, 5, 7, 9]);
    expect(await all({ stopIds: [3] })).toEqual([2, 3]);
    await expect(all({ prompt: new Int32Array() })).rejects.toMatchObject({ code: "bad-prompt" });
  });

  test("draws from the distribution, reproducibly", async () => {
    const random = createRandom(1);
    const logits = Float32Array.of(Math.log(1), Math.log(2), Math.log(5), Math.log(2));
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const token = sampleToken(logits, { temperature: 1, random });
      counts[token] = (counts[token] ?? 0) + 1;
    }
    const shares = counts.map((count) => count / 20_000);
    for (const [i, share] of [0.1, 0.2, 0.5, 0.2].entries()) expect(shares[i]).toBeCloseTo(share, 1);
    for (let i = 0; i < 100; i++) {
      expect([1, 2]).toContain(sampleToken(logits, { temperature: 1, topK: 2, random }));
    }
    expect(() => sampleToken(logits, { temperature: 1 })).toThrow("random stream");
  });
});

suite("detectLatents()", () => {
  const rows = Float32Array.of(3, 5, 1, -2);

  test("names what fires, the strongest first", async () => {
    expect(await detectLatents(rows, inference)).toEqual([
      [
        { latent: 1, value: 5 },
        { latent: 0, value: 3 },
      ],
      [{ latent: 0, value: 1 }],
    ]);
    expect(await detectLatents(rows, inference, { top: 1 })).toHaveLength(2);
  });

  test("keeps to its thresholds: above, not at", async () => {
    const latents = new Map([[0, 1]]);
    expect(await detectLatents(rows, inference, { latents })).toEqual([[{ latent: 0, value: 3 }], []]);
    expect(await detectLatents(rows, inference, { threshold: 3 })).toEqual([[{ latent: 1, value: 5 }], []]);
  });
});
