import { spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { expect, describe as suite, test } from "vitest";
import { inFolder, testSource } from "./store.test-kit.ts";
import { writeActivationStore } from "./write-activation-store.ts";

/** A file system that counts its writing operations and refuses from number `limit` on. */
function failingFileSystem(limit: number): {
  fileSystem: FileSystem;
  count: () => number;
  nOpen: () => number;
} {
  let count = 0;
  let nOpen = 0;
  const gate = (): void => {
    if (count++ >= limit) throw Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC" });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    mkdir: (async (...args: Parameters<FileSystem["mkdir"]>) => {
      gate();
      return nodeFileSystem.mkdir(...args);
    }) as FileSystem["mkdir"],
    rename: async (...args) => {
      gate();
      return nodeFileSystem.rename(...args);
    },
    open: async (...args) => {
      if (args[1] === "r") return nodeFileSystem.open(...args);
      gate();
      const handle = await nodeFileSystem.open(...args);
      nOpen++;
      const close = handle.close.bind(handle);
      handle.close = async () => {
        nOpen--;
        return close();
      };
      for (const name of ["write", "writeFile", "sync"] as const) {
        const original = handle[name].bind(handle) as (...rest: unknown[]) => unknown;
        Object.assign(handle, {
          [name]: async (...rest: unknown[]) => {
            gate();
            return original(...rest);
          },
        });
      }
      return handle;
    },
  };
  return { fileSystem, count: () => count, nOpen: () => nOpen };
}

/** Mounts a file system of one MiB where only this test sees it; says why that is impossible, if it is. */
async function smallDisk(
  mountPoint: string,
): Promise<{ path: string; unmount: () => void } | { reason: string }> {
  const script = `mount -t tmpfs -o size=1m tmpfs "$1" && echo "mounted $$" && read -r _`;
  return new Promise((resolve) => {
    const child = spawn("unshare", ["-rm", "sh", "-c", script, "sh", mountPoint]);
    let said = "";
    const listen = (text: Buffer): void => {
      said += text;
      const pid = /mounted (\d+)/.exec(said)?.[1];
      // The mount belongs to the child's namespace; the kernel shows it to us under the child's number.
      if (pid !== undefined) {
        resolve({ path: `/proc/${pid}/root${mountPoint}`, unmount: () => child.stdin.end("\n") });
      }
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("error", (error) => resolve({ reason: error.message }));
    child.on("close", () => resolve({ reason: said.trim() }));
  });
}

suite("writeActivationStore() on a full disk", () => {
  const source = testSource({ nRows: 10, dIn: 4, withIds: true });

  test("leaves nothing and says so, whichever operation fails first", async () => {
    const counter = failingFileSystem(Number.POSITIVE_INFINITY);
    await inFolder((folder) =>
      writeActivationStore(join(folder, "store"), source, {
        rowsPerShard: 4,
        fileSystem: counter.fileSystem,
      }).then(() => undefined),
    );
    // Three shards, statistics, manifest and the folder itself: opening, writing, flushing, renaming.
    expect(counter.count()).toBeGreaterThan(20);
    for (let limit = 0; limit < counter.count(); limit++) {
      await inFolder(async (folder) => {
        const { fileSystem, nOpen } = failingFileSystem(limit);
        const writing = writeActivationStore(join(folder, "store"), source, { rowsPerShard: 4, fileSystem });
        await expect(writing).rejects.toThrow(
          expect.objectContaining({ code: "disk-full", kind: "environment" }),
        );
        expect(await readdir(folder)).toEqual([]);
        expect(nOpen()).toBe(0);
      });
    }
  });

  test("leaves nothing on a real one of 1 MiB, and fills it up to the last row that fits", async (context) => {
    await inFolder(async (folder) => {
      const mountPoint = join(folder, "disk");
      await mkdir(mountPoint);
      const disk = await smallDisk(mountPoint);
      if ("reason" in disk) {
        context.skip(`no small file system can be mounted here: ${disk.reason}`);
        return;
      }
      try {
        const large = testSource({ nRows: 5000, dIn: 64, chunkSizes: [100] });
        const error = await writeActivationStore(join(disk.path, "large"), large, {
          rowsPerShard: 1000,
        }).catch((caught: unknown) => caught);
        expect(error).toMatchObject({
          code: "disk-full",
          kind: "environment",
          where: join(disk.path, "large"),
        });
        expect(await readdir(disk.path)).toEqual([]);
        // The room is free again.
        const small = testSource({ nRows: 3000, dIn: 64 });
        const manifest = await writeActivationStore(join(disk.path, "small"), small, { rowsPerShard: 1000 });
        expect(manifest.nRows).toBe(3000);
      } finally {
        disk.unmount();
      }
    });
  });
});
