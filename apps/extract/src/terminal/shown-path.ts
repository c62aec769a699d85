import { readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";

/** A path as a reader in `cwd` would write it: relative where it lies below, else whole. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === "" ? "." : near.startsWith("..") || isAbsolute(near) ? path : near;
}

/** Unfinished outputs of `path` that killed processes left beside it. */
export async function leftovers(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(path)}.partial-`))
    .map((name) => join(dirname(path), name));
}
