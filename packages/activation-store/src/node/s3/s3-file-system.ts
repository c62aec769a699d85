import type { FileHandle } from "node:fs/promises";
import type { FileSystem } from "@plumbline/core/node";
import type { S3Objects } from "./s3-objects.ts";

const missing = (path: string): Error =>
  Object.assign(new Error(`ENOENT: no such object, ${path}`), { code: "ENOENT", path });

const cannot = (): Promise<never> => Promise.reject(new Error("objects are read here, not changed"));

/** The part of a file handle that readers use. */
type ReadHandle = Pick<FileHandle, "stat" | "close"> & {
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
};

const statsOf = (size: number) => ({ size, isFile: () => true });

/**
 * Objects as the files that readers of stores open: every read is one request for a range.
 */
export function createS3FileSystem(objects: S3Objects): FileSystem {
  const sizeOf = async (path: string): Promise<number> => {
    const size = await objects.size(path);
    if (size === undefined) throw missing(path);
    return size;
  };
  const open = async (path: string): Promise<ReadHandle> => {
    const size = await sizeOf(path);
    return {
      stat: (async () => statsOf(size)) as unknown as FileHandle["stat"],
      close: async () => undefined,
      read: async (into, offset, length, position) => {
        const end = Math.min(size, position + length);
        if (position >= end) return { bytesRead: 0 };
        into.set(await objects.read(path, position, end), offset);
        return { bytesRead: end - position };
      },
    };
  };
  const readFile = async (path: string): Promise<string> => {
    const size = await sizeOf(path);
    return size === 0 ? "" : new TextDecoder().decode(await objects.read(path, 0, size));
  };
  const reading = { open, readFile, stat: async (path: string) => statsOf(await sizeOf(path)) };
  const refused = { mkdir: cannot, readdir: cannot, rename: cannot, rm: cannot };
  return { ...reading, ...refused } as unknown as FileSystem;
}
