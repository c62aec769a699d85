import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { expect, describe as suite, test } from "vitest";
import { filesBelow, inFolder } from "./store.test-kit.ts";
import { going, options, testPass, undisturbed } from "./two-places.test-kit.ts";
import { writeActivationStores } from "./write-activation-stores.ts";
import type { WriteStoreOptions } from "./write-options.ts";

/** Writes the first two shards, then lets `work` do what it likes with what was left. */
async function withPartial(work: (path: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, "out");
    await expect(writeActivationStores(path, testPass({ stopAt: 9 }), options)).rejects.toThrow("fell over");
    await work(path);
  });
}

suite("a partial folder", () => {
  test("says where it is and how to go on when the writing is stopped", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "out");
      const controller = new AbortController();
      const onProgress = ({ nShards }: { nShards: number }) => nShards === 2 && controller.abort();
      await expect(
        writeActivationStores(path, testPass(), { ...options, signal: controller.signal, onProgress }),
      ).rejects.toThrow(
        expect.objectContaining({
          code: "interrupted",
          kind: "interrupted",
          hint: `${path}.partial keeps the 2 shards that are complete; resume to go on from there`,
        }),
      );
      await writeActivationStores(path, testPass(), going);
      expect(await filesBelow(path)).toEqual(await undisturbed());
    });
  });

  test("does not stay where no shard is complete", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "out");
      await expect(writeActivationStores(path, testPass({ stopAt: 3 }), options)).rejects.toThrow(
        "fell over",
      );
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test("is neither written over nor taken for another's", async () => {
    await withPartial(async (path) => {
      const before = await filesBelow(`${path}.partial`);
      const cases: readonly (readonly [WriteStoreOptions, string])[] = [
        [options, "partial-exists"],
        [{ ...going, resumable: { fingerprint: "twelve rows" } }, "foreign-partial"],
        [{ ...going, rowsPerShard: 5 }, "foreign-partial"],
        [{ ...going, dtype: "BF16" }, "foreign-partial"],
      ];
      for (const [asked, code] of cases) {
        await expect(writeActivationStores(path, testPass(), asked)).rejects.toThrow(
          expect.objectContaining({ code, kind: "usage", where: `${path}.partial` }),
        );
        expect(await filesBelow(`${path}.partial`)).toEqual(before);
      }
      const other = { ...testPass(), hooks: [{ hookPoint: "blocks.0", dIn: 2 }] };
      await expect(writeActivationStores(path, other, going)).rejects.toThrow(/its stores is/);
    });
  });

  test("is let be where it is somebody's folder", async () => {
    await withPartial(async (path) => {
      await writeFile(join(`${path}.partial`, "notes.txt"), "mine");
      await expect(writeActivationStores(path, testPass(), going)).rejects.toThrow(/found "notes.txt" too/);
      expect(await readdir(`${path}.partial`)).toContain("notes.txt");
    });
  });

  test("is not used while the output exists", async () => {
    await withPartial(async (path) => {
      await mkdir(path);
      const before = await filesBelow(`${path}.partial`);
      for (const asked of [options, going]) {
        await expect(writeActivationStores(path, testPass(), asked)).rejects.toThrow(
          expect.objectContaining({ code: "output-exists" }),
        );
      }
      expect(await filesBelow(`${path}.partial`)).toEqual(before);
    });
  });

  test("with one altered byte in a complete shard is refused by the file's name, and goes on without it", async () => {
    await withPartial(async (path) => {
      const shard = join(`${path}.partial`, "output", "blocks_1", "shard-00001.safetensors");
      const content = await readFile(shard);
      for (const place of [3, 20, content.length - 30, content.length - 1]) {
        const altered = Uint8Array.from(content);
        altered[place] = (altered[place] ?? 0) ^ 4;
        await writeFile(shard, altered);
        await expect(writeActivationStores(path, testPass(), going)).rejects.toThrow(
          expect.objectContaining({
            code: "altered-shard",
            kind: "input",
            where: shard,
            hint: expect.stringContaining("remove that file and resume"),
          }),
        );
      }
      await rm(shard);
      const starts: number[] = [];
      await writeActivationStores(path, testPass({ starts }), going);
      expect(starts).toEqual([4]);
      expect(await filesBelow(path)).toEqual(await undisturbed());
    });
  });

  test("with a damaged record is refused; with one cut off at any byte it goes on", async () => {
    await withPartial(async (path) => {
      const journal = join(`${path}.partial`, "progress.ndjson");
      const text = await readFile(journal, "utf8");
      await writeFile(journal, text.replace('"nRows":4', '"nRows":3'));
      await expect(writeActivationStores(path, testPass(), going)).rejects.toThrow(
        expect.objectContaining({ code: "bad-journal", kind: "input", where: journal }),
      );
      await writeFile(journal, text);
      const expected = await undisturbed();
      const kept = `${path}.kept`;
      for (let length = 0; length < text.length; length += 13) {
        await nodeFileSystem.rm(kept, { recursive: true, force: true });
        await copyFolder(`${path}.partial`, kept);
        await writeFile(journal, text.slice(0, length));
        await writeActivationStores(path, testPass(), going);
        expect(await filesBelow(path)).toEqual(expected);
        await rm(path, { recursive: true });
        await rename(kept, `${path}.partial`);
      }
    });
  });

  test("that was being removed when the process ended belongs to a finished output", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "out");
      let gone = false;
      // A folder goes file by file, in any order: a kill leaves some of them, here none.
      const fileSystem: FileSystem = {
        ...nodeFileSystem,
        rm: async (place, how) => {
          if (gone) throw new Error("the process is gone");
          gone = String(place) === `${path}.partial`;
          if (!gone) return nodeFileSystem.rm(place, how);
          const names = await readdir(`${path}.partial`);
          if (names.length > 1) for (const name of names) await rm(join(`${path}.partial`, name));
          throw new Error("the process is gone");
        },
      };
      await expect(writeActivationStores(path, testPass(), { ...options, fileSystem })).rejects.toThrow(
        "the process is gone",
      );
      expect(gone).toBe(true);
      const written = await writeActivationStores(path, testPass(), going);
      expect(written.map(({ manifest }) => manifest.nRows)).toEqual([11, 11]);
      expect(await filesBelow(path)).toEqual(await undisturbed());
      expect(await readdir(folder)).toEqual(["out"]);
    });
  });

  test("of a source that ended is not added to", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "out");
      // Fails when the statistics are written: all rows are in complete shards by then.
      const fileSystem: FileSystem = {
        ...nodeFileSystem,
        open: async (...args) => {
          if (String(args[0]).includes("statistics"))
            throw Object.assign(new Error("full"), { code: "ENOSPC" });
          return nodeFileSystem.open(...args);
        },
      };
      await expect(writeActivationStores(path, testPass(), { ...options, fileSystem })).rejects.toThrow(
        expect.objectContaining({ code: "disk-full", hint: expect.stringContaining("keeps the 3 shards") }),
      );
      await expect(writeActivationStores(path, testPass({ nRows: 12 }), going)).rejects.toThrow(
        expect.objectContaining({ code: "row-count-mismatch", kind: "input" }),
      );
      await writeActivationStores(path, testPass(), going);
      expect(await filesBelow(path)).toEqual(await undisturbed());
    });
  });
});

async function copyFolder(from: string, to: string): Promise<void> {
  for (const [name, content] of Object.entries(await filesBelow(from))) {
    await mkdir(join(to, name, ".."), { recursive: true });
    await writeFile(join(to, name), content, "base64");
  }
}

suite("the lock of a partial folder", () => {
  test("keeps a second writer out, in this process or another", async () => {
    await withPartial(async (path) => {
      const held = expect.objectContaining({ code: "partial-locked", kind: "usage" });
      let second: Promise<unknown> | undefined;
      const onProgress = () => {
        second ??= writeActivationStores(path, testPass(), going).catch((error: unknown) => error);
      };
      await writeActivationStores(path, testPass(), { ...going, onProgress });
      expect(await second).toEqual(held);
    });
    const child = spawn(process.execPath, ["-e", "setTimeout(() => undefined, 60_000)"]);
    try {
      await withPartial(async (path) => {
        const lock = join(`${path}.partial`, "lock");
        await writeFile(lock, JSON.stringify({ pid: child.pid, start: "at 0" }));
        for (const asked of [options, going]) {
          await expect(writeActivationStores(path, testPass(), asked)).rejects.toThrow(
            expect.objectContaining({ code: "partial-locked", where: lock }),
          );
        }
      });
    } finally {
      child.kill();
    }
  });

  test("of a process that is gone, or was cut off in writing it, does not count", async () => {
    for (const text of ['{"pid":', "", "null", JSON.stringify({ pid: process.pid, start: "long ago" })]) {
      await withPartial(async (path) => {
        await writeFile(join(`${path}.partial`, "lock"), text);
        await writeActivationStores(path, testPass(), going);
        expect(await readdir(join(path, ".."))).toEqual(["out"]);
      });
    }
  });
});

suite("options of writeActivationStores()", () => {
  test("refuses resume without a fingerprint, and dtypes that it does not know", async () => {
    const refused = (asked: WriteStoreOptions) => writeActivationStores("never", testPass(), asked);
    await expect(refused({ resume: true })).rejects.toThrow(/needs resumable: { fingerprint }/);
    await expect(refused({ dtype: "F8" as "F16" })).rejects.toThrow(/dtype of F32, F16, BF16, got "F8"/);
    await expect(writeActivationStores("never", { ...testPass(), hooks: [] }, {})).rejects.toThrow(
      expect.objectContaining({ code: "no-hooks" }),
    );
  });
});
