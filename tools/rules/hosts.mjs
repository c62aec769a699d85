import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { committedFiles } from "../support/committed-files.mjs";

/** A registry's address, in any file. */
const registryHost = /\/\/(registry|npm|npm-registry)\.[a-z0-9-]+\.[a-z]+|^\s*(@[a-z-]+:)?registry\s*=/m;

/** What a lockfile may not hold besides: it names packages by integrity, and every user has a registry of their own. */
const lockfileAddress = /https?:\/\/|^\s*tarball:/m;

/** Largest file that is read: anything bigger is data. */
const maxBytes = 4_000_000;

/**
 * Committed files that tie the repository to one registry.
 *
 * @param {string} root of a git working tree
 * @returns {Promise<string[]>}
 */
export async function hostProblems(root) {
  const problems = [];
  for (const file of await committedFiles(root)) {
    const stat = statSync(join(root, file));
    if (!stat.isFile() || stat.size > maxBytes) continue;
    const text = readFileSync(join(root, file), "utf8");
    const found =
      registryHost.exec(text) ?? (file.endsWith("pnpm-lock.yaml") ? lockfileAddress.exec(text) : null);
    if (found !== null)
      problems.push(`${file}: holds "${found[0].trim()}"; installs must follow the user's registry`);
  }
  return problems;
}
