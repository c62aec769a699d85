import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, describe as suite, test } from "vitest";
import { createFolderAtomically } from "./create-folder-atomically.ts";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";
import { readJsonFile } from "./read-json-file.ts";
import { writeFileAtomically } from "./write-file-atomically.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-core-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file system whose operation `name` (of open files: `file.<name>`) is refused with an error of the system. */
function refusing(name: string, code: string): FileSystem {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  if (!name.startsWith("file.")) return { ...nodeFileSystem, [name]: refuse };
  return {
    ...nodeFileSystem,
    open: async (...args) => Object.assign(await nodeFileSystem.open(...args), { [name.slice(5)]: refuse }),
  };
}

const code = (name: string, kind?: string) =>
  expect.objectContaining({ name: "PlumblineError", code: name, ...(kind !== undefined && { kind }) });

suite("writeFileAtomically()", () => {
  test("writes text, bytes and chunks, and replaces what was there", async () => {
    const path = join(folder, "a");
    await writeFileAtomically(path, "grün");
    expect(await readFile(path, "utf8")).toBe("grün");
    await writeFileAtomically(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomically(path, [Uint8Array.of(3), new Uint8Array(), Uint8Array.of(4, 5)]);
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    async function* chunks() {
      yield Uint8Array.of(6);
      yield Uint8Array.of(7);
    }
    await writeFileAtomically(path, chunks());
    expect([...(await readFile(path))]).toEqual([6, 7]);
    expect(await readdir(folder)).toEqual(["a"]);
  });

  test.each([
    ["open", "EACCES", "no-permission"],
    ["open", "EROFS", "no-permission"],
    ["file.writeFile", "ENOSPC", "disk-full"],
    ["file.writeFile", "EDQUOT", "disk-full"],
    ["file.sync", "ENOSPC", "disk-full"],
    ["rename", "EPERM", "no-permission"],
  ])("keeps the old file when %s gives %s", async (operation, systemCode, expected) => {
    const path = join(folder, "a");
    await writeFile(path, "old");
    const writing = writeFileAtomically(path, "new", { fileSystem: refusing(operation, systemCode) });
    await expect(writing).rejects.toThrow(
      expect.objectContaining({ code: expected, kind: "environment", where: path }),
    );
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a"]);
  });

  test("passes an error of the chunks on and keeps the old file", async () => {
    const path = join(folder, "a");
    await writeFile(path, "old");
    async function* chunks() {
      yield Uint8Array.of(1);
      throw new Error("model on fire");
    }
    await expect(writeFileAtomically(path, chunks())).rejects.toThrow("model on fire");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a"]);
  });

  test("names a missing folder, and a folder in the file's place", async () => {
    await expect(writeFileAtomically(join(folder, "no", "a"), "")).rejects.toThrow(
      code("no-such-file", "input"),
    );
    await mkdir(join(folder, "b"));
    await expect(writeFileAtomically(join(folder, "b"), "")).rejects.toThrow(code("not-a-file"));
    expect(await readdir(folder)).toEqual(["b"]);
  });

  test("lets writers at the same time each write whole", async () => {
    const path = join(folder, "a");
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
    expect(texts).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["a"]);
  });
});

suite("createFolderAtomically()", () => {
  const fill = async (path: string): Promise<string> => {
    await writeFile(join(path, "a"), "1");
    return "done";
  };

  test("makes parents, fills under another name, renames, and passes the result on", async () => {
    const path = join(folder, "x", "y");
    let seen: string[] = [];
    const result = await createFolderAtomically(path, async (temporary) => {
      seen = await readdir(join(folder, "x"));
      return fill(temporary);
    });
    expect(result).toBe("done");
    expect(seen).not.toContain("y");
    expect(await readdir(join(folder, "x"))).toEqual(["y"]);
    expect(await readdir(path)).toEqual(["a"]);
  });

  test("takes a path that ends in a slash", async () => {
    await createFolderAtomically(`${folder}/new/`, fill);
    expect(await readdir(join(folder, "new"))).toEqual(["a"]);
  });

  test("refuses a path where something is, before it fills", async () => {
    await writeFile(join(folder, "file"), "");
    let filled = false;
    for (const path of [folder, join(folder, "file")]) {
      const making = createFolderAtomically(path, async () => {
        filled = true;
      });
      await expect(making).rejects.toThrow(
        expect.objectContaining({ code: "output-exists", kind: "usage", where: path }),
      );
    }
    expect(filled).toBe(false);
  });

  test("leaves the other's folder whole where one appears meanwhile", async () => {
    const path = join(folder, "new");
    const making = createFolderAtomically(path, async (temporary) => {
      await fill(temporary);
      await mkdir(path);
      await writeFile(join(path, "other"), "");
    });
    await expect(making).rejects.toThrow(code("output-exists", "usage"));
    expect(await readdir(folder)).toEqual(["new"]);
    expect(await readdir(path)).toEqual(["other"]);
  });

  test.each([
    ["mkdir", "EACCES", "no-permission"],
    ["rename", "ENOSPC", "disk-full"],
  ])("leaves nothing when %s gives %s", async (operation, systemCode, expected) => {
    const path = join(folder, "new");
    const making = createFolderAtomically(path, fill, { fileSystem: refusing(operation, systemCode) });
    await expect(making).rejects.toThrow(expect.objectContaining({ code: expected, where: path }));
    expect(await readdir(folder)).toEqual([]);
  });

  test("removes what was filled in when filling fails, however deep", async () => {
    const making = createFolderAtomically(join(folder, "new"), async (temporary) => {
      await mkdir(join(temporary, "deep"));
      await writeFile(join(temporary, "deep", "a"), "1");
      throw new Error("model on fire");
    });
    await expect(making).rejects.toThrow("model on fire");
    expect(await readdir(folder)).toEqual([]);
  });

  test("names the file that was refused: another one as it is, an unfinished one as it will be called", async () => {
    const missing = join(folder, "texts.txt");
    const reading = createFolderAtomically(join(folder, "new"), () => readFile(missing));
    await expect(reading).rejects.toThrow(expect.objectContaining({ code: "no-such-file", where: missing }));
    const writing = createFolderAtomically(join(folder, "new"), (temporary) =>
      writeFileAtomically(join(temporary, "a"), "1", { fileSystem: refusing("file.writeFile", "ENOSPC") }),
    );
    const where = join(folder, "new", "a");
    await expect(writing).rejects.toThrow(expect.objectContaining({ code: "disk-full", where }));
  });

  test("says that a part of the path is a file", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(createFolderAtomically(join(folder, "file", "new"), fill)).rejects.toThrow(
      expect.objectContaining({ code: "output-exists", where: join(folder, "file") }),
    );
    expect((await stat(join(folder, "file"))).isFile()).toBe(true);
  });
});

suite("readJsonFile()", () => {
  test("gives what the file holds", async () => {
    await writeFile(join(folder, "a.json"), '{"a": [1, "ü"]}');
    expect(await readJsonFile(join(folder, "a.json"))).toEqual({ a: [1, "ü"] });
  });

  test("names a file that is missing, a folder, or no JSON", async () => {
    const path = join(folder, "a.json");
    await expect(readJsonFile(path)).rejects.toThrow(
      expect.objectContaining({ code: "no-such-file", kind: "input", where: path }),
    );
    await expect(readJsonFile(folder)).rejects.toThrow(code("not-a-file"));
    await writeFile(path, '{"a": ');
    await expect(readJsonFile(path)).rejects.toThrow(
      expect.objectContaining({ code: "bad-json", kind: "input", where: path }),
    );
    await writeFile(path, "");
    await expect(readJsonFile(path)).rejects.toThrow(code("bad-json"));
  });

  test("refuses a file that is too large, unread", async () => {
    const path = join(folder, "a.json");
    await writeFile(path, "[1, 2, 3]");
    const reading = readJsonFile(path, { maxBytes: 8, fileSystem: refusing("readFile", "EIO") });
    await expect(reading).rejects.toThrow(/expected at most 8 bytes, got 9/);
    expect(await readJsonFile(path, { maxBytes: 9 })).toEqual([1, 2, 3]);
  });

  test("passes on what it cannot explain", async () => {
    const path = join(folder, "a.json");
    await writeFile(path, "1");
    await expect(readJsonFile(path, { fileSystem: refusing("readFile", "EIO") })).rejects.toThrow(
      "EIO: injected",
    );
  });
});
