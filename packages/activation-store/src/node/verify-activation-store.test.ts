import { createHash } from "node:crypto";
import { chmod, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSafetensors } from "@plumbline/safetensors";
import { expect, describe as suite, test } from "vitest";
import { inFolder, testSource } from "./store.test-kit.ts";
import { verifyActivationStore } from "./verify-activation-store.ts";
import { writeActivationStore } from "./write-activation-store.ts";

/** A store of 11 rows in three shards. */
async function withStore(
  work: (path: string) => Promise<void>,
  options: Parameters<typeof writeActivationStore>[2] = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, "store");
    const source = testSource({ nRows: 11, dIn: 3, withIds: true });
    await writeActivationStore(path, source, { rowsPerShard: 4, ...options });
    await work(path);
  });
}

/** Changes the manifest, which nothing protects. */
async function edit(path: string, change: (manifest: Manifest) => void): Promise<void> {
  const manifest = JSON.parse(await readFile(join(path, "store.json"), "utf8")) as Manifest;
  change(manifest);
  await writeFile(join(path, "store.json"), JSON.stringify(manifest));
}

interface Manifest {
  statistics: { meanSquaredNorm: number; sha256: string; bytes: number };
  shards: { meanSquaredNorm: number; sha256: string; bytes: number }[];
  [key: string]: unknown;
}

/** Replaces a file and makes the manifest agree. */
async function replace(path: string, shard: number | "statistics", content: Uint8Array): Promise<void> {
  const name = shard === "statistics" ? "statistics" : `shard-0000${shard}`;
  await writeFile(join(path, `${name}.safetensors`), content);
  await edit(path, (manifest) => {
    const file = shard === "statistics" ? manifest.statistics : manifest.shards[shard];
    Object.assign(file ?? {}, {
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    });
  });
}

const found = async (path: string): Promise<readonly string[]> =>
  (await verifyActivationStore(path)).problems.map(
    ({ code, where }) => `${code} ${where.slice(path.length)}`,
  );

suite("verifyActivationStore()", () => {
  test.each(["F32", "F16", "BF16"] as const)(
    "finds nothing in a store of %s that is whole",
    async (dtype) => {
      await withStore(
        async (path) => {
          const seen: unknown[] = [];
          const report = await verifyActivationStore(path, { onProgress: (progress) => seen.push(progress) });
          expect(report).toMatchObject({ ok: true, nRows: 11, nShards: 3, problems: [] });
          const files = ["shard-00000", "shard-00001", "shard-00002", "statistics"];
          const contents = await Promise.all(
            files.map((name) => readFile(join(path, `${name}.safetensors`))),
          );
          expect(report.bytes).toBe(contents.reduce((sum, content) => sum + content.length, 0));
          expect(seen.at(-1)).toEqual({ nShards: 3, nShardsInAll: 3 });
        },
        { dtype },
      );
    },
  );

  test("collects all problems: a byte, a length, a missing file", async () => {
    await withStore(async (path) => {
      const first = join(path, "shard-00000.safetensors");
      const content = await readFile(first);
      content[content.length - 50] = (content[content.length - 50] ?? 0) ^ 1;
      await writeFile(first, content);
      await truncate(join(path, "shard-00001.safetensors"), 100);
      await rm(join(path, "shard-00002.safetensors"));
      await writeFile(join(path, "statistics.safetensors"), new Uint8Array(104));
      const problems = await found(path);
      expect(problems.slice(1)).toEqual([
        "altered-shard /shard-00000.safetensors",
        "truncated-shard /shard-00001.safetensors",
        "missing-shard /shard-00002.safetensors",
      ]);
      expect(problems[0]).toMatch(/-shard \/statistics.safetensors$/);
    });
  });

  test("finds each altered byte of a shard", async () => {
    await withStore(async (path) => {
      const file = join(path, "shard-00001.safetensors");
      const content = await readFile(file);
      for (let place = 0; place < content.length; place += 7) {
        const altered = Uint8Array.from(content);
        altered[place] = (altered[place] ?? 0) ^ 0x20;
        await writeFile(file, altered);
        expect((await verifyActivationStore(path)).problems).toHaveLength(1);
      }
    });
  });

  test("names the row of a value that is not finite", async () => {
    await withStore(async (path) => {
      const data = new Float32Array(12);
      data[7] = Number.NaN;
      const ids = { shape: [4], data: new Int32Array(4) };
      await replace(
        path,
        1,
        encodeSafetensors({ activations: { shape: [4, 3], data }, tokenIds: ids, positions: ids }),
      );
      const { problems } = await verifyActivationStore(path);
      expect(problems).toEqual([
        expect.objectContaining({ code: "not-finite", message: expect.stringContaining("row 6, column 1") }),
      ]);
    });
  });

  test("finds ids of another shape, and tensors that should not be there", async () => {
    await withStore(async (path) => {
      const activations = { shape: [4, 3], data: new Float32Array(12) };
      const ids = (nRows: number) => ({ shape: [nRows], data: new Int32Array(nRows) });
      await replace(path, 0, encodeSafetensors({ activations, tokenIds: ids(4), positions: ids(5) }));
      await replace(path, 1, encodeSafetensors({ activations, tokenIds: ids(4), places: ids(4) }));
      expect(await found(path)).toEqual([
        "bad-shard /shard-00000.safetensors",
        "bad-shard /shard-00001.safetensors",
      ]);
    });
  });

  test("compares the statistics with the rows, of single shards too", async () => {
    await withStore(async (path) => {
      await edit(path, (manifest) => {
        manifest.statistics.meanSquaredNorm *= 1.001;
        Object.assign(manifest.shards[1] ?? {}, { meanSquaredNorm: 1 });
      });
      expect(await found(path)).toEqual([
        "wrong-statistics /shard-00001.safetensors",
        "wrong-statistics /statistics.safetensors",
      ]);
    });
    await withStore(async (path) => {
      // Column c of row r is 3r + c + 0.5: means 15.5, 16.5, 17.5; of the shards' rows 0–3, 4–7, 8–10 that of column 0 is
      // 5, 17, 27.5.
      const mean = { shape: [3], data: Float32Array.of(15.5, 16.5, 17.5001) };
      const data = Float32Array.of(5, 6, 7, 17, 18, 19, 27.5, 28.5, 29.5);
      await replace(path, "statistics", encodeSafetensors({ mean, shardMeans: { shape: [3, 3], data } }));
      expect((await verifyActivationStore(path)).problems).toEqual([
        expect.objectContaining({ code: "wrong-statistics", message: expect.stringContaining("column 2") }),
      ]);
      data[3] = 17.1;
      await replace(path, "statistics", encodeSafetensors({ mean, shardMeans: { shape: [3, 3], data } }));
      expect(await found(path)).toHaveLength(2);
      await replace(path, "statistics", encodeSafetensors({ mean }));
      expect((await found(path))[0]).toBe("unknown-tensor /statistics.safetensors");
    });
  });

  test("reports a manifest that cannot be read", async () => {
    await withStore(async (path) => {
      await edit(path, (manifest) => Object.assign(manifest, { nRows: 12 }));
      const report = await verifyActivationStore(path);
      expect(report).toMatchObject({ ok: false, nRows: 0, problems: [{ code: "bad-manifest" }] });
      expect((await verifyActivationStore(`${path}-not`)).problems).toMatchObject([
        { code: "no-such-store" },
      ]);
    });
  });

  test("stops when told to", async () => {
    await withStore(async (path) => {
      await expect(verifyActivationStore(path, { signal: AbortSignal.abort() })).rejects.toThrow(
        expect.objectContaining({ code: "interrupted", kind: "interrupted" }),
      );
    });
  });

  test("throws what it may not read", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may read everything");
    await withStore(async (path) => {
      await chmod(join(path, "shard-00001.safetensors"), 0);
      await expect(verifyActivationStore(path)).rejects.toThrow(
        expect.objectContaining({ kind: "environment" }),
      );
    });
  });
});
