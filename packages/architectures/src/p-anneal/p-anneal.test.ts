import { expect, describe as suite, test } from "vitest";
import { evaluate, type Numbers } from "../by-hand.test-support.ts";
import { relu } from "../relu/relu.ts";
import { pAnneal } from "./p-anneal.ts";

/** Latents of the two tokens: (4, 0, 9) and none. */
const parameters: Numbers = {
  encoder: [
    [4, 0],
    [-1, -1],
    [0, 9],
  ],
  encoderBias: [0, 0, 0],
  decoder: [
    [1, 0],
    [0, 1],
    [0, 1],
  ],
  decoderBias: [0, 0],
};
const x = [
  [1, 1],
  [0, 0],
];
const at = (p: number, nextP: number) => ({ parameters, x, scalars: { sparsityCoefficient: 0.5, p, nextP } });

suite("pAnneal() by hand", () => {
  test("lp-power: Σ latents^p over tokens, at p and at the next p", () => {
    const { terms, statistics } = evaluate(pAnneal(), at(0.5, 1));
    // (√4 + √9 + 0) / 2 tokens = 2.5; 13 / 2.
    expect(terms.sparsity).toBeCloseTo(1.25, 5);
    expect(statistics.penaltyAtP).toBeCloseTo(2.5, 5);
    expect(statistics.penaltyAtNextP).toBeCloseTo(6.5, 5);
  });

  test("lp-norm: its root, token by token", () => {
    const { terms, statistics } = evaluate(pAnneal({ sparsityFunction: "lp-norm" }), at(0.5, 1));
    // 5² and 0, over 2 tokens.
    expect(terms.sparsity).toBeCloseTo(6.25, 4);
    expect(statistics.penaltyAtNextP).toBeCloseTo(6.5, 5);
  });

  test("weighs latents by the norms of free rows", () => {
    const free = {
      ...parameters,
      decoder: [
        [0, 4],
        [1, 1],
        [3, 0],
      ],
    };
    // √16 + √27.
    const given = { ...at(0.5, 0.5), parameters: free };
    expect(evaluate(pAnneal({ decoderRows: "free" }), given).statistics.penaltyAtP).toBeCloseTo(
      (4 + Math.sqrt(27)) / 2,
      5,
    );
  });

  test("is relu with L1 at p = 1, in loss and gradient", () => {
    for (const sparsityFunction of ["lp-power", "lp-norm"] as const) {
      const [annealed, plain] = [
        evaluate(pAnneal({ sparsityFunction }), at(1, 1)),
        evaluate(relu(), { parameters, x, scalars: { sparsityCoefficient: 0.5 } }),
      ];
      for (const [name, value] of Object.entries(plain.terms))
        expect(annealed.terms[name]).toBeCloseTo(value, 4);
      const gradients = annealed.gradients();
      for (const [name, values] of Object.entries(plain.gradients())) {
        values.forEach((value, i) => {
          expect(Math.abs((gradients[name]?.[i] ?? Number.NaN) - value)).toBeLessThan(
            1e-5 * (1 + Math.abs(value)),
          );
        });
      }
    }
  });

  test("gives no NaN where nothing fires", () => {
    const { terms, statistics, gradients } = evaluate(pAnneal({ sparsityFunction: "lp-norm" }), {
      ...at(0.2, 0.1),
      x: [[-1, -1]],
      parameters: { ...parameters, encoderBias: [-9, -9, -9] },
    });
    expect([terms.sparsity, statistics.penaltyAtP, statistics.penaltyAtNextP]).toEqual([0, 0, 0]);
    for (const values of Object.values(gradients())) expect(values.every(Number.isFinite)).toBe(true);
  });
});
