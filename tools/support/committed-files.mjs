import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

/**
 * The files that git knows, as they lie in the working tree.
 *
 * @param {string} root
 * @returns {Promise<string[]>} relative to the root
 */
export async function committedFiles(root) {
  const listing = await run("git", ["ls-files", "-z"], { cwd: root });
  if (listing.status !== 0) throw new Error(`git ls-files failed: ${listing.output.trim()}`);
  return listing.stdout.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
}
