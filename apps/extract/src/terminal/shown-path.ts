import { isAbsolute, relative } from "node:path";

/** A path as a reader in `cwd` would write it: relative where it lies below, else whole. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === "" ? "." : near.startsWith("..") || isAbsolute(near) ? path : near;
}
