import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import type { ActivationChunk, ActivationSource } from "@plumbline/core";

/** Runs `work` in a folder that is removed afterwards. */
export async function inFolder<R>(work: (folder: string) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-store-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Value of row r, column c: tells every place from every other in stores of up to 2^24 values. */
export function numbered(nRows: number, dIn: number): Float32Array {
  return Float32Array.from({ length: nRows * dIn }, (_, i) => i + 0.5);
}

export interface TestSourceOptions {
  readonly nRows: number;
  readonly dIn: number;
  /** taken in turn, the last one again and again */
  readonly chunkSizes?: readonly number[];
  readonly withIds?: boolean;
  readonly rows?: Float32Array;
  readonly about?: Partial<ActivationSource>;
}

/** A source of numbered rows (or of `rows`), token ids 1000 + row and positions row mod 7. */
export function testSource(options: TestSourceOptions): ActivationSource {
  const { nRows, dIn, chunkSizes = [5], withIds = false, about } = options;
  const { rows = numbered(nRows, dIn) } = options;
  async function* chunks(): AsyncGenerator<ActivationChunk> {
    let i = 0;
    for (let start = 0; start < nRows; ) {
      const size = chunkSizes[Math.min(i++, chunkSizes.length - 1)] ?? 1;
      const end = Math.min(start + size, nRows);
      const places = Array.from({ length: end - start }, (_, j) => start + j);
      const ids = {
        tokenIds: Int32Array.from(places, (row) => 1000 + row),
        positions: Int32Array.from(places, (row) => row % 7),
      };
      yield { nRows: end - start, rows: rows.slice(start * dIn, end * dIn), ...(withIds && ids) };
      start = end;
    }
  }
  return { specVersion: 1, name: "numbered", dIn, chunks, ...about };
}

/** Every file of a folder by name. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), "base64")));
  return Object.fromEntries(names.map((name, i) => [name, contents[i] ?? ""]));
}

/** Every file in a folder and those in it, by path below the folder. */
export async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(paths.sort().map((path) => readFile(path, "base64")));
  const names = paths.map((path) => relative(folder, path).replaceAll(sep, "/"));
  return Object.fromEntries(names.map((name, i) => [name, contents[i] ?? ""]));
}
