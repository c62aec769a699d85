import { createRandom, fillNormal } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import type { Directions } from "../directions/directions.ts";
import { compareDictionaries } from "./compare.ts";
import { stabilityOf } from "./over-seeds.ts";
import { spreadOf } from "./spread.ts";
import { subspaceAgreement } from "./subspaces.ts";

const rows = (seed: number, n: number, width: number): Float32Array =>
  fillNormal(new Float32Array(n * width), createRandom(seed));

const form = (encoder: Float32Array, decoder: Float32Array, dIn: number): Directions => ({
  dIn,
  dSae: decoder.length / dIn,
  encoder,
  decoder,
});

const random = (seed: number, n = 40, width = 12): Directions =>
  form(rows(seed, n, width), rows(seed + 1000, n, width), width);

/** Latents in reverse order, decoder rows twice as long. */
function reversed({ dIn, dSae, encoder, decoder }: Directions): Directions {
  const turn = (data: Float32Array, scale: number): Float32Array =>
    data.map((_, at) => scale * (data[(dSae - 1 - Math.floor(at / dIn)) * dIn + (at % dIn)] ?? 0));
  return form(turn(encoder, 1), turn(decoder, 2), dIn);
}

suite("compareDictionaries()", () => {
  test("finds the same latents in any order and of any norm", () => {
    const a = random(1);
    const { all, matches } = compareDictionaries({ form: a }, { form: reversed(a) });
    expect(all.decoder.matchedCosine.value).toBeCloseTo(1, 6);
    expect(all.encoder.matchedCosine.value).toBeCloseTo(1, 6);
    expect(all.decoder.meanMaxCosine.map(({ value }) => value?.toFixed(5))).toEqual(["1.00000", "1.00000"]);
    expect([all.sharedIndependently, all.sharedTogether, all.matchesAgree]).toEqual(
      Array(3).fill({ value: 1 }),
    );
    expect([...matches.columnOf]).toEqual(Array.from({ length: 40 }, (_, i) => 39 - i));
  });

  test("is as near as chance for unrelated dictionaries", () => {
    const [n, width] = [300, 64];
    const { all } = compareDictionaries({ form: random(1, n, width) }, { form: random(5, n, width) });
    // The largest of n cosines of random directions is near √(2 ln n / width) = 0.42.
    const chance = Math.sqrt((2 * Math.log(n)) / width);
    for (const { value } of all.decoder.meanMaxCosine) {
      expect(value).toBeGreaterThan(0.6 * chance);
      expect(value).toBeLessThan(chance);
    }
    expect(all.sharedIndependently).toEqual({ value: 0 });
  });

  test("tells latents that both rows share from those that match another with each row", () => {
    const [x, y] = [rows(1, 1, 8), rows(2, 1, 8)];
    const both = (one: Float32Array, other: Float32Array): Float32Array => Float32Array.of(...one, ...other);
    const a = form(both(x, y), both(x, y), 8);
    // Encoder rows of the two latents have changed places.
    const { all } = compareDictionaries({ form: a }, { form: form(both(y, x), both(x, y), 8) });
    expect([all.sharedIndependently, all.sharedTogether, all.matchesAgree]).toEqual([
      { value: 1 },
      { value: 0 },
      { value: 0 },
    ]);
  });

  test("counts rows of zeros as cosine 0, and leaves out dead latents where it is told of them", () => {
    const a = random(1, 4, 6);
    const dead = form(
      a.encoder,
      a.decoder.map((value, at) => (at < 6 ? 0 : value)),
      6,
    );
    const firings = [0, 3, 1, 2];
    const { all, alive } = compareDictionaries({ form: a, firings }, { form: dead, firings });
    expect(all.decoder.matchedCosine.value).toBeCloseTo(0.75, 6);
    expect(alive?.decoder.matchedCosine.value).toBeCloseTo(1, 6);
    expect(alive?.decoder.nRows).toEqual([3, 3]);
    expect(compareDictionaries({ form: a, firings }, { form: dead }).alive).toBeUndefined();
  });

  test("matches as many as the smaller dictionary has, and says nothing of empty ones", () => {
    const wide = random(1, 9, 6);
    const small = form(wide.encoder.slice(0, 30), wide.decoder.slice(0, 30), 6);
    expect(compareDictionaries({ form: wide }, { form: small }).all).toMatchObject({
      decoder: { nRows: [9, 5], distribution: { n: 5 } },
      sharedTogether: { value: 1 },
    });
    const none = compareDictionaries({ form: wide, firings: [] }, { form: small, firings: [1] });
    expect(none.alive?.decoder.matchedCosine).toEqual({
      value: null,
      reason: "one of the dictionaries has no latents",
    });
    expect(none.alive?.decoder.meanMaxCosine[0]?.value).toBeNull();
    expect(JSON.parse(JSON.stringify(none.alive))).toEqual(none.alive);
  });

  test("takes off the mean row where asked: what all rows share is no agreement", () => {
    const [n, width] = [60, 16];
    const shift = (data: Float32Array): Float32Array =>
      data.map((value, at) => value + (at % width === 0 ? 20 : 0));
    const [a, b] = [1, 2].map((seed) => form(rows(seed, n, width), shift(rows(seed + 7, n, width)), width));
    const { all } = compareDictionaries(
      { form: a as Directions },
      { form: b as Directions },
      { centred: true },
    );
    expect(all.decoder.matchedCosine.value).toBeGreaterThan(0.95);
    expect(all.decoderCentred?.matchedCosine.value).toBeLessThan(0.7);
  });

  test("refuses dictionaries of different activations", () => {
    expect(() => compareDictionaries({ form: random(1, 4, 6) }, { form: random(1, 4, 5) })).toThrow(
      "6 and 5",
    );
  });
});

suite("stabilityOf()", () => {
  test("gives mean and population spread over all pairs", async () => {
    const a = random(1, 40, 64);
    const b = random(2, 40, 64);
    const result = await stabilityOf([{ form: a }, { form: reversed(a) }, { form: b }], { ranks: [16] });
    expect(result.pairs.map(({ runs }) => runs)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    const values = result.pairs.map(({ all }) => all.decoder.matchedCosine.value ?? Number.NaN);
    const mean = values.reduce((sum, value) => sum + value) / 3;
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3);
    expect(result.all.decoder.matchedCosine).toMatchObject({ n: 3, mean: { value: mean } });
    expect(result.all.decoder.matchedCosine.std.value).toBeCloseTo(std, 12);
    // Every latent of the first two runs is in one of the other two, no latent of the third is anywhere.
    expect(result.featureStability.mean.value).toBeCloseTo((40 * 0.5 + 40 * 0.5 + 0) / 120, 12);
    expect(result.subspaces[0]).toMatchObject({ rank: 16, byChance: 0.25, overlap: { n: 3 } });
    expect(result.alive).toBeUndefined();
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("tells which pair it is at, and needs two runs", async () => {
    const seen: number[] = [];
    const three = [1, 2, 3].map((seed) => ({ form: random(seed, 3, 4), firings: [1, 1, 1] }));
    const result = await stabilityOf(three, { onPair: ({ pair, nPairs }) => void seen.push(pair, nPairs) });
    expect(seen).toEqual([0, 3, 1, 3, 2, 3]);
    expect(result.alive?.decoder.matchedCosine).toEqual(result.all.decoder.matchedCosine);
    await expect(stabilityOf(three.slice(0, 1))).rejects.toThrow("at least two");
    const stop = (): never => {
      throw new Error("enough");
    };
    await expect(stabilityOf(three, { onPair: stop })).rejects.toThrow("enough");
    await expect(stabilityOf(three, { ranks: [5] })).rejects.toThrow("1 … 4, got 5");
  });
});

suite("spreadOf()", () => {
  test("leaves out what has no value", () => {
    const none = { value: null, reason: "nothing there" } as const;
    expect(spreadOf([{ value: 1 }, none, { value: 3 }])).toEqual({
      n: 2,
      mean: { value: 2 },
      std: { value: 1 },
      min: { value: 1 },
      max: { value: 3 },
    });
    expect(spreadOf([none]).mean).toEqual(none);
    expect(spreadOf([]).std.value).toBeNull();
  });
});

suite("subspaceAgreement()", () => {
  test("is 1 for the same span in other rows, and chance for random ones", () => {
    const a = rows(1, 6, 40);
    const mixed = new Float32Array(a.length);
    const factors = rows(2, 6, 6);
    for (let i = 0; i < 6; i++)
      for (let k = 0; k < 6; k++)
        for (let j = 0; j < 40; j++)
          mixed[i * 40 + j] = (mixed[i * 40 + j] ?? 0) + (factors[i * 6 + k] ?? 0) * (a[k * 40 + j] ?? 0);
    expect(subspaceAgreement(a, mixed, 40, { rank: 6 }).subspaceOverlap.value).toBeCloseTo(1, 4);
    const far = subspaceAgreement(rows(3, 200, 40), rows(4, 200, 40), 40, { rank: 10 });
    expect(far.byChance).toBe(0.25);
    expect(Math.abs((far.subspaceOverlap.value ?? 0) - 0.25)).toBeLessThan(0.12);
  });

  test("has no value where rows span less, and refuses a rank that cannot be", () => {
    const line = Float32Array.of(1, 0, 0, 2, 0, 0);
    expect(subspaceAgreement(line, line, 3, { rank: 2 }).subspaceOverlap).toEqual({
      value: null,
      reason: "the rows span fewer than 2 dimensions",
    });
    expect(() => subspaceAgreement(line, line, 3, { rank: 4 })).toThrow("1 … 3");
  });
});
