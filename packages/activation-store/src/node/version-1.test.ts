import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, describe as suite, test } from "vitest";
import { encodeStoreManifest } from "../manifest.ts";
import { openActivationStore } from "./open-activation-store.ts";
import { filesIn, inFolder } from "./store.test-kit.ts";

/**
 * Files that @plumbline/activation-store 0.0.0 wrote at commit adb5a28: `writeActivationStore(…, { rowsPerShard: 2 })` of rows
 * (1, 2), (3, 4), (5, 6), token ids 7, 8, 9 and positions 0, 1, 2.
 */
const files: Readonly<Record<string, string>> = {
  "shard-00000.safetensors":
    "wAAAAAAAAAB7ImFjdGl2YXRpb25zIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlswLDE2XX0sInBvc2l0aW9ucyI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzE2LDI0XX0sInRva2VuSWRzIjp7ImR0eXBlIjoiSTMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMjQsMzJdfX0AAIA/AAAAQAAAQEAAAIBAAAAAAAEAAAAHAAAACAAAAA==",
  "shard-00001.safetensors":
    "wAAAAAAAAAB7ImFjdGl2YXRpb25zIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxLDJdLCJkYXRhX29mZnNldHMiOlswLDhdfSwicG9zaXRpb25zIjp7ImR0eXBlIjoiSTMyIiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbOCwxMl19LCJ0b2tlbklkcyI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzEyLDE2XX19ICAAAKBAAADAQAIAAAAJAAAA",
  "statistics.safetensors":
    "QAAAAAAAAAB7Im1lYW4iOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlswLDhdfX0gICAgICAgAABAQAAAgEA=",
  "store.json": Buffer.from(`{
  "format": "plumbline-activations",
  "version": 1,
  "source": "memory",
  "hookPoint": "blocks.0.hook_resid_post",
  "dIn": 2,
  "dtype": "F32",
  "nRows": 3,
  "tokenIds": true,
  "positions": true,
  "provenance": {
    "text": "none"
  },
  "statistics": {
    "file": "statistics.safetensors",
    "bytes": 80,
    "sha256": "6e333a6cf04a60ec06016e07fcea97876ffc647668f0e87ca6cd09b6a2b5801c",
    "meanSquaredNorm": 30.333333333333332
  },
  "shards": [
    {
      "file": "shard-00000.safetensors",
      "nRows": 2,
      "bytes": 232,
      "sha256": "960fe61472c97753eadd384d0629a269876c36f7900fc2e2c69fb21daa3370f2"
    },
    {
      "file": "shard-00001.safetensors",
      "nRows": 1,
      "bytes": 216,
      "sha256": "a5b347068424f90487adf26206160f578c9ee1d97ea79b06e2b4c5974902fbb3"
    }
  ]
}
`).toString("base64"),
};

suite("a store of version 1", () => {
  test("opens and gives what was written", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "store");
      await mkdir(path);
      for (const [name, content] of Object.entries(files))
        await writeFile(join(path, name), content, "base64");
      const store = await openActivationStore(path);
      expect(store.manifest).toMatchObject({
        version: 1,
        dtype: "F32",
        hookPoint: "blocks.0.hook_resid_post",
      });
      expect(store.statistics).toEqual({
        nRows: 3,
        mean: Float32Array.of(3, 4),
        meanSquaredNorm: 91 / 3,
      });
      expect(await store.rows(0, 3)).toEqual({
        nRows: 3,
        rows: Float32Array.of(1, 2, 3, 4, 5, 6),
        tokenIds: Int32Array.of(7, 8, 9),
        positions: Int32Array.of(0, 1, 2),
      });
      await writeFile(join(path, "store.json"), encodeStoreManifest(store.manifest));
      expect(await filesIn(path)).toEqual(files);
      await store.close();
    });
  });
});
