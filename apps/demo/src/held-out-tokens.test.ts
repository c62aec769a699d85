import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeActivationStore } from "@plumbline/activation-store/node";
import { saveCheckpoint } from "@plumbline/checkpoints/node";
import type { InferenceForm } from "@plumbline/core";
import { afterEach, beforeEach, expect, describe as suite, test } from "vitest";
import { indexTokens, topTokens } from "./held-out-tokens.ts";
import type { TokenSequence } from "./sequences.ts";

const sequences: TokenSequence[] = [
  { from: "A", ids: Int32Array.of(7, 8, 9), pieces: [" a", " b", " c"] },
  { from: "B", ids: Int32Array.of(9), pieces: [" c"] },
];

suite("indexTokens()", () => {
  test("finds sequence, document and position of each row", () => {
    const { nTokens, sequenceOf, placeOf } = indexTokens(sequences);
    expect(nTokens).toBe(4);
    expect([0, 1, 2, 3].map(sequenceOf)).toEqual([0, 0, 0, 1]);
    expect([0, 1, 2, 3].map((row) => placeOf(row).position)).toEqual([0, 1, 2, 0]);
    expect(placeOf(3)).toMatchObject({ from: "B", pieces: [" c"] });
  });
});

suite("topTokens()", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "plumbline-demo-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Rows [1, 0], [3, 0], [0, 2], [4, 0] and an SAE whose latents are the two dimensions. */
  async function write(tokenIds: Int32Array) {
    const identity = Float32Array.of(1, 0, 0, 1);
    const form: InferenceForm = {
      dIn: 2,
      dSae: 2,
      encoder: identity,
      encoderBias: new Float32Array(2),
      decoder: identity,
      decoderBias: new Float32Array(2),
      subtractDecoderBias: true,
      activation: { kind: "topk", k: 1 },
      madeBy: { architecture: "topk", config: { k: 1 } },
    };
    const checkpoint = join(folder, "checkpoint");
    const store = join(folder, "store");
    await saveCheckpoint(checkpoint, { form });
    await writeActivationStore(store, {
      specVersion: 1,
      name: "four rows",
      dIn: 2,
      async *chunks() {
        yield {
          nRows: 4,
          rows: Float32Array.of(1, 0, 3, 0, 0, 2, 4, 0),
          tokenIds,
          positions: Int32Array.of(0, 1, 2, 0),
        };
      },
    });
    return { checkpoint, store };
  }

  test("finds the strongest token of each passage for every latent", async () => {
    const paths = await write(Int32Array.of(7, 8, 9, 9));
    const [first, second] = await topTokens({ ...paths, sequences, nTop: 3 });
    // Latent 0 fires with 1 and 3 in the first passage and with 4 in the second.
    expect(first).toEqual({
      latent: 0,
      nFirings: 3,
      top: [
        { row: 3, value: 4 },
        { row: 1, value: 3 },
      ],
    });
    expect(second).toEqual({ latent: 1, nFirings: 1, top: [{ row: 2, value: 2 }] });
  });

  test("refuses a store of other tokens than the text's", async () => {
    const paths = await write(Int32Array.of(7, 8, 9, 10));
    await expect(topTokens({ ...paths, sequences, nTop: 3 })).rejects.toMatchObject({
      code: "token-mismatch",
    });
  });
});
