import { expect, describe as suite, test } from "vitest";
import { readSequences } from "./sequences.ts";

suite("readSequences()", () => {
  test("gives exactly the tokens asked for, at most 128 in a sequence, and the same ones again", async () => {
    const options = { split: "held-out", nTokens: 1000, seed: 3 } as const;
    const sequences = await readSequences(options);
    expect(sequences.reduce((sum, { ids }) => sum + ids.length, 0)).toBe(1000);
    expect(Math.max(...sequences.map(({ ids }) => ids.length))).toBeLessThanOrEqual(128);
    expect(sequences.every(({ ids, pieces }) => ids.length === pieces.length && ids.length > 0)).toBe(true);
    expect(await readSequences(options)).toEqual(sequences);
  });

  test("gives a longer stream that begins like a shorter one", async () => {
    const [short, long] = await Promise.all(
      [200, 1000].map((nTokens) => readSequences({ split: "train", nTokens, seed: 0 })),
    );
    expect(long?.slice(0, (short?.length ?? 0) - 1)).toEqual(short?.slice(0, -1));
  });

  test("says how much text there is when asked for more", async () => {
    await expect(readSequences({ split: "held-out", nTokens: 1e9, seed: 0 })).rejects.toMatchObject({
      code: "not-enough-text",
      message: expect.stringMatching(/at most \d+ tokens, got 1000000000/),
    });
  });
});
