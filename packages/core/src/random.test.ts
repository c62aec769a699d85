import { expect, describe as suite, test } from "vitest";
import { createRandom, permutation, randomFromState } from "./random.ts";

suite("randomFromState()", () => {
  test("gives the reference sequence of xoshiro128** from state 1, 2, 3, 4", () => {
    // By hand from the published C code, first step: rotl(2 * 5, 7) * 9 = (10 << 7) * 9 = 1280 * 9 = 11520.
    // Second: t = 2 << 9 = 1024; c = 3 ^ 1 = 2; d = 4 ^ 2 = 6; b = 2 ^ 2 = 0; a = 1 ^ 6 = 7; c = 2 ^ 1024; so b = 0 gives 0.
    // Third: t = 0; c = 1026 ^ 7 = 1029; d = rotl(6, 11) ^ 0 = 12288; b = 0 ^ 1029 = 1029; 1029 * 5 << 7 = 658560; * 9 = 5927040.
    const random = randomFromState([1, 2, 3, 4]);
    expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([11520, 0, 5927040]);
  });

  test("continues from a saved state", () => {
    const random = createRandom(3);
    random.normal();
    const resumed = randomFromState(random.state());
    expect([resumed.uint32(), resumed.uniform()]).toEqual([random.uint32(), random.uniform()]);
  });
});

suite("createRandom()", () => {
  test("gives children that do not depend on what was drawn before", () => {
    const fresh = createRandom(11).stream("order");
    const used = createRandom(11);
    used.uint32();
    expect(used.stream("order").uint32()).toBe(fresh.uint32());
  });

  test("tells names, nesting and seeds apart, large seeds included", () => {
    const first = [
      createRandom(1).stream("a"),
      createRandom(1).stream("b"),
      createRandom(2).stream("a"),
      createRandom(1).stream("a").stream("b"),
      createRandom(2 ** 40 + 1).stream("a"),
    ].map((random) => random.uint32());
    expect(new Set(first).size).toBe(first.length);
  });

  test("draws normal numbers of mean 0, variance 1 and kurtosis 3", () => {
    const random = createRandom(5);
    const n = 200_000;
    let [sum, square, fourth] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const z = random.normal();
      sum += z;
      square += z * z;
      fourth += z ** 4;
    }
    // Five standard errors: 1/√n, √2/√n and √96/√n.
    expect(Math.abs(sum / n)).toBeLessThan(0.012);
    expect(Math.abs(square / n - 1)).toBeLessThan(0.016);
    expect(Math.abs(fourth / n - 3)).toBeLessThan(0.11);
  });

  test("draws integers without bias towards any residue", () => {
    const random = createRandom(9);
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)] += 1;
    // Binomial standard deviation √(70000 · 6/49) ≈ 93; five of them.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(465);
  });
});

suite("permutation()", () => {
  test("holds every item once", () => {
    const order = permutation(1009, createRandom(1));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1009 }, (_, i) => i));
  });

  test("gives each of the 6 orders of 3 items equally often", () => {
    const random = createRandom(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const key = permutation(3, random).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // √(12000 · 5/36) ≈ 41; five of them.
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(205);
  });
});
