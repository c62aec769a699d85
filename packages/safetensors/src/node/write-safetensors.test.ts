import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { afterEach, beforeEach, expect, describe as suite, test } from "vitest";
import { encodeSafetensors } from "../encode-safetensors.ts";
import { createSafetensorsWriter } from "./create-safetensors-writer.ts";
import { writeSafetensors } from "./write-safetensors.ts";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-safetensors-"));
  path = join(folder, "x.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

const tensors = {
  x: { shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  ids: { shape: [3], data: Int32Array.of(7, 8, 9) },
};
const layout = { x: { dtype: "F32", shape: [3, 2] }, ids: { dtype: "I32", shape: [3] } } as const;

/** A disk that takes so many bytes and is full then; writes come in pieces of at most 5 bytes. */
function smallDisk(capacity: number): FileSystem {
  let free = capacity;
  const spend = (nBytes: number): number => {
    if (free === 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    const fits = Math.min(5, nBytes, free);
    free -= fits;
    return fits;
  };
  return {
    ...nodeFileSystem,
    open: async (...args: Parameters<FileSystem["open"]>) => {
      const file = await nodeFileSystem.open(...args);
      const write = file.write.bind(file) as (bytes: Uint8Array, ...at: number[]) => Promise<unknown>;
      Object.assign(file, {
        write: (bytes: Uint8Array, offset: number, length: number, position: number) =>
          new Promise((resolve) => resolve(spend(length))).then((fits) =>
            write(bytes, offset, fits as number, position),
          ),
        writeFile: async (bytes: Uint8Array) => {
          for (let done = 0; done < bytes.length; ) {
            const fits = spend(bytes.length - done);
            await write(bytes, done, fits);
            done += fits;
          }
        },
      });
      return file;
    },
  };
}

suite("writeSafetensors()", () => {
  test("writes the bytes of encodeSafetensors()", async () => {
    await writeSafetensors(path, tensors, { unit: "none" });
    expect(new Uint8Array(await readFile(path))).toEqual(encodeSafetensors(tensors, { unit: "none" }));
  });

  test("leaves what was there, and nothing else, on a full disk", async () => {
    await writeFile(path, "before");
    for (const capacity of [0, 3, 100, encodeSafetensors(tensors, {}).length - 1]) {
      const fileSystem = smallDisk(capacity);
      await expect(writeSafetensors(path, tensors, {}, { fileSystem })).rejects.toMatchObject({
        code: "disk-full",
        kind: "environment",
      });
      expect(await readdir(folder)).toEqual(["x.safetensors"]);
      expect(await readFile(path, "utf8")).toBe("before");
    }
  });

  test("refuses a missing folder", async () => {
    await expect(writeSafetensors(join(folder, "none", "x"), tensors)).rejects.toMatchObject({
      code: "no-such-file",
    });
  });
});

suite("createSafetensorsWriter()", () => {
  test("gives the bytes of encodeSafetensors() from pieces in any order", async () => {
    const writer = await createSafetensorsWriter(path, layout, { unit: "none" });
    await writer.write("ids", Int32Array.of(7));
    await writer.write("x", Float32Array.of(0, 1, 2));
    await writer.write("ids", new Uint8Array(Int32Array.of(8, 9).buffer));
    await writer.write("x", Float32Array.of(3, 4, 5));
    expect(await readdir(folder)).not.toContain("x.safetensors");
    await writer.finish();
    expect(new Uint8Array(await readFile(path))).toEqual(encodeSafetensors(tensors, { unit: "none" }));
    expect(await readdir(folder)).toEqual(["x.safetensors"]);
  });

  test("keeps the order of calls that were not waited for, also where the disk takes little at a time", async () => {
    const writer = await createSafetensorsWriter(path, layout, undefined, { fileSystem: smallDisk(1000) });
    const writes = [0, 1, 2].map((row) => writer.write("x", tensors.x.data.subarray(2 * row, 2 * row + 2)));
    await Promise.all([...writes, writer.write("ids", tensors.ids.data), writer.finish()]);
    expect(new Uint8Array(await readFile(path))).toEqual(encodeSafetensors(tensors));
  });

  test("leaves what was there, and nothing else, on a full disk", async () => {
    await writeFile(path, "before");
    for (const capacity of [0, 3, 130, encodeSafetensors(tensors).length - 1]) {
      const write = async () => {
        const writer = await createSafetensorsWriter(path, layout, undefined, {
          fileSystem: smallDisk(capacity),
        });
        await writer.write("x", tensors.x.data);
        await writer.write("ids", tensors.ids.data);
        await writer.finish();
      };
      await expect(write()).rejects.toMatchObject({ code: "disk-full" });
      expect(await readdir(folder)).toEqual(["x.safetensors"]);
      expect(await readFile(path, "utf8")).toBe("before");
    }
  });

  test("leaves nothing where flushing or renaming fails", async () => {
    const full = () => Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }));
    const failing: FileSystem[] = [
      { ...nodeFileSystem, rename: full },
      {
        ...nodeFileSystem,
        open: async (...args) => Object.assign(await nodeFileSystem.open(...args), { sync: full }),
      },
    ];
    for (const fileSystem of failing) {
      const writer = await createSafetensorsWriter(path, {}, undefined, { fileSystem });
      await expect(writer.finish()).rejects.toMatchObject({ code: "disk-full" });
      expect(await readdir(folder)).toEqual([]);
    }
  });

  test.each<[string, string, (writer: Awaited<ReturnType<typeof createSafetensorsWriter>>) => Promise<void>]>(
    [
      ["a tensor outside the layout", "unknown-tensor", (writer) => writer.write("y", Int32Array.of(1))],
      ["an array of another type", "dtype-mismatch", (writer) => writer.write("x", Int32Array.of(1))],
      ["too many elements", "tensor-overfull", (writer) => writer.write("x", new Float32Array(7))],
      ["an end before its time", "tensor-incomplete", (writer) => writer.finish()],
    ],
  )("refuses %s, and leaves nothing", async (_, code, use) => {
    const writer = await createSafetensorsWriter(path, layout);
    await expect(use(writer)).rejects.toMatchObject({ code, kind: "usage" });
    expect(await readdir(folder)).toEqual([]);
    await expect(writer.write("x", new Float32Array(1))).rejects.toMatchObject({ code: "writer-closed" });
    await writer.abort();
  });

  test("removes an aborted file; aborting after the end changes nothing", async () => {
    const writer = await createSafetensorsWriter(path, layout);
    void writer.write("x", tensors.x.data);
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
    const finished = await createSafetensorsWriter(path, {});
    await finished.finish();
    await finished.abort();
    expect(await readdir(folder)).toEqual(["x.safetensors"]);
  });
});
