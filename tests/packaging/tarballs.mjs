import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../tools/support/run.mjs";
import { publishedPackages } from "../../tools/support/workspace.mjs";

/**
 * Packs every published package as a release would.
 *
 * @param {string} folder where the tarballs go
 * @returns {Promise<Record<string, string>>} path of the tarball by full package name
 */
export async function packAll(folder) {
  const filters = ["--filter=./packages/*", "--filter=./apps/*"];
  const result = await run("pnpm", ["--recursive", ...filters, "pack", "--pack-destination", folder]);
  if (result.status !== 0) throw new Error(`pnpm pack failed\n${result.output}`);
  const files = new Set(await readdir(folder));
  return Object.fromEntries(
    publishedPackages().map(({ name, manifest }) => {
      const file = `plumbline-${name}-${manifest.version}.tgz`;
      if (!files.has(file)) throw new Error(`pnpm pack made no ${file}, but ${[...files].join(", ")}`);
      return [manifest.name, join(folder, file)];
    }),
  );
}
