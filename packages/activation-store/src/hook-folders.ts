import type { PassHook } from "@plumbline/core";
import { quote, storeError } from "./errors.ts";

/** The name of a hook point as that of a folder, safe on every system. */
function folderNameOf(hookPoint: string): string {
  const plain = hookPoint.replaceAll(/[^A-Za-z0-9._-]/g, "_");
  // A dot in front hides a folder or means another one; Windows drops one at the end.
  return plain.replace(/^\./, "_").replace(/\.$/, "_") || "_";
}

/**
 * Folders of the stores of several hook points, below the one that is written to; the only store of a single hook point is
 * that folder itself.
 *
 * @returns `[""]` for one hook, else names of letters, digits, `.`, `_` and `-`, all different even where case does not
 *   count
 * @throws PlumblineError `hook-names-collide`
 */
export function hookFolders(hooks: readonly PassHook[], from: string): readonly string[] {
  if (hooks.length === 1) return [""];
  const taken = new Map<string, string>();
  return hooks.map(({ hookPoint = "" }) => {
    const name = folderNameOf(hookPoint);
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw storeError({
        code: "hook-names-collide",
        kind: "usage",
        message: `${from}: the hook points ${quote(other)} and ${quote(hookPoint)} would share the folder ${name}`,
        hint: "write them in passes of their own, to different paths",
      });
    }
    taken.set(name.toLowerCase(), hookPoint);
    return name;
  });
}
