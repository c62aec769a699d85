import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { crashingFileSystem } from "./crashing-file-system.test-kit.ts";
import { filesBelow, inFolder } from "./store.test-kit.ts";
import { bury, going, options, testPass, undisturbed } from "./two-places.test-kit.ts";
import { writeActivationStores } from "./write-activation-stores.ts";

suite("writeActivationStores()", () => {
  test("writes one store for each hook point, with the same rows in the same shards", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "out");
      const stores = await writeActivationStores(path, testPass(), { rowsPerShard: 4 });
      expect(stores.map((store) => store.path)).toEqual([join(path, "blocks.0"), join(path, "blocks_1")]);
      expect(stores.map(({ manifest }) => [manifest.hookPoint, manifest.dIn, manifest.nRows])).toEqual([
        ["blocks.0", 2, 11],
        ["blocks/1", 3, 11],
      ]);
      expect(stores.map(({ manifest }) => manifest.shards.map((shard) => shard.nRows))).toEqual([
        [4, 4, 3],
        [4, 4, 3],
      ]);
      expect(await readdir(folder)).toEqual(["out"]);
    });
  });

  test("writes the same files resumable or not, whatever the chunks", async () => {
    const expected = await undisturbed();
    for (const chunk of [1, 4, 11]) {
      await inFolder(async (folder) => {
        await writeActivationStores(join(folder, "out"), testPass({ chunk }), options);
        expect(await filesBelow(join(folder, "out"))).toEqual(expected);
        expect(await readdir(folder)).toEqual(["out"]);
      });
    }
  });

  test.each([
    ["F32", 0],
    ["F16", 1],
  ] as const)(
    "gives the same bytes whichever file operation is the last of a process (%s)",
    async (dtype, firstLimit) => {
      const expected = await undisturbed({ dtype });
      const counter = crashingFileSystem(Number.POSITIVE_INFINITY);
      await inFolder((folder) =>
        writeActivationStores(join(folder, "out"), testPass(), {
          ...going,
          dtype,
          fileSystem: counter.fileSystem,
        }),
      );
      expect(counter.count()).toBeGreaterThan(100);
      // Every second one for each dtype, together all.
      for (let limit = firstLimit; limit < counter.count(); limit += 2) {
        await inFolder(async (folder) => {
          const path = join(folder, "out");
          const { fileSystem } = crashingFileSystem(limit);
          await writeActivationStores(path, testPass(), { ...going, dtype, fileSystem }).catch(
            () => undefined,
          );
          await bury(`${path}.partial`);
          // After its last step nothing is left to do, and the output says so.
          await writeActivationStores(path, testPass(), { ...going, dtype }).catch((error: unknown) => {
            expect(error).toMatchObject({ code: "output-exists" });
          });
          expect(await filesBelow(folder)).toEqual(
            Object.fromEntries(Object.entries(expected).map(([name, content]) => [`out/${name}`, content])),
          );
        });
      }
    },
  );

  test("gives the same bytes after any number of crashes at any moment", async () => {
    const expected = await undisturbed();
    const crashes = fc.array(fc.nat(140), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(crashes, async (limits) => {
        await inFolder(async (folder) => {
          const path = join(folder, "out");
          for (const limit of limits) {
            const { fileSystem } = crashingFileSystem(limit);
            await writeActivationStores(path, testPass(), { ...going, fileSystem }).catch(() => undefined);
            await bury(`${path}.partial`);
          }
          await writeActivationStores(path, testPass(), going).catch((error: unknown) => {
            expect(error).toMatchObject({ code: "output-exists" });
          });
          expect(await filesBelow(path)).toEqual(expected);
        });
      }),
      { numRuns: 40 },
    );
  });

  test("asks the pass only for rows that are not there", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "out");
      const starts: number[] = [];
      await expect(writeActivationStores(path, testPass({ stopAt: 9, starts }), options)).rejects.toThrow(
        "the model fell over",
      );
      const seen: unknown[] = [];
      const onProgress = (progress: unknown) => seen.push(progress);
      await writeActivationStores(path, testPass({ starts }), { ...going, onProgress });
      expect(starts).toEqual([0, 8]);
      expect(seen).toEqual([
        { nRows: 4, nRowsInAll: 11, nShards: 1 },
        { nRows: 8, nRowsInAll: 11, nShards: 2 },
        { nRows: 11, nRowsInAll: 11, nShards: 2 },
      ]);
      expect(await filesBelow(path)).toEqual(await undisturbed());
    });
  });
});
