import { expect, describe as suite, test } from "vitest";
import { pairCount, pairIndex, pairRowStart } from "./pair-index.ts";

suite("pairIndex()", () => {
  test("numbers pairs row by row without gaps", () => {
    for (const n of [2, 3, 7]) {
      let next = 0;
      for (let i = 0; i < n; i++) {
        expect(pairRowStart(i, n)).toBe(next);
        for (let j = i + 1; j < n; j++) expect(pairIndex({ i, j }, n)).toBe(next++);
      }
      expect(pairCount(n)).toBe(next);
    }
  });

  test("is exact beyond 2^31, where integer operators would wrap", () => {
    const n = 70_000;
    // 70,000 · 69,999 / 2 = 2,449,965,000 pairs.
    expect(pairCount(n)).toBe(2_449_965_000);
    expect(pairIndex({ i: n - 2, j: n - 1 }, n)).toBe(pairCount(n) - 1);
    for (const i of [1, 46_341, 52_345, 69_998]) {
      const exact = (BigInt(i) * BigInt(2 * n - i - 1)) / 2n;
      expect(pairRowStart(i, n)).toBe(Number(exact));
      expect(pairIndex({ i, j: n - 1 }, n)).toBe(pairRowStart(i + 1, n) - 1);
    }
  });
});
