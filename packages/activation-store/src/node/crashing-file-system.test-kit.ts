import type { FileHandle } from "node:fs/promises";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";

/**
 * The file system of a process that is killed in its file operation number `limit`: a write gets half of its bytes there,
 * anything else nothing, and whatever the code does afterwards, cleaning up included, has no effect.
 */
export function crashingFileSystem(limit: number): { fileSystem: FileSystem; count: () => number } {
  let count = 0;
  const step = async <R>(work: () => Promise<R>, last?: () => Promise<unknown>): Promise<R> => {
    const number = count++;
    if (number === limit) await last?.();
    if (number >= limit) throw new Error("the process is gone");
    return work();
  };
  const handleOf = (handle: FileHandle): FileHandle => {
    const original = {
      write: handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>,
      writeFile: handle.writeFile.bind(handle) as (...args: unknown[]) => Promise<unknown>,
      sync: handle.sync.bind(handle),
      read: handle.read.bind(handle) as (...args: unknown[]) => Promise<unknown>,
    };
    const half = async (data: unknown, position: unknown): Promise<void> => {
      if (typeof data === "string") await original.writeFile(data.slice(0, data.length >> 1));
      else if (data instanceof Uint8Array) await original.write(data, 0, data.length >> 1, position);
    };
    return Object.assign(handle, {
      write: (...args: unknown[]) =>
        step(
          () => original.write(...args),
          () => half(args[0], args[3]),
        ),
      writeFile: (...args: unknown[]) =>
        step(
          () => original.writeFile(...args),
          () => half(args[0], null),
        ),
      sync: () => step(original.sync),
      read: (...args: unknown[]) => step(() => original.read(...args)),
    });
  };
  const counted = <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    ((...args: A) => step(() => work(...args))) as never;
  const fileSystem: FileSystem = {
    mkdir: counted(nodeFileSystem.mkdir as (...args: unknown[]) => Promise<unknown>),
    readdir: counted(nodeFileSystem.readdir as (...args: unknown[]) => Promise<unknown>),
    readFile: counted(nodeFileSystem.readFile as (...args: unknown[]) => Promise<unknown>),
    rename: counted(nodeFileSystem.rename as (...args: unknown[]) => Promise<unknown>),
    rm: counted(nodeFileSystem.rm as (...args: unknown[]) => Promise<unknown>),
    stat: counted(nodeFileSystem.stat as (...args: unknown[]) => Promise<unknown>),
    open: (async (...args: Parameters<FileSystem["open"]>) =>
      handleOf(await step(() => nodeFileSystem.open(...args)))) as FileSystem["open"],
  };
  return { fileSystem, count: () => count };
}
