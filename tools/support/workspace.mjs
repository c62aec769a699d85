import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root as repositoryRoot } from "./run.mjs";

/**
 * One package of the workspace.
 *
 * @typedef {object} WorkspacePackage
 * @property {string} folder relative to the root, as `packages/core`
 * @property {string} name short name, as `core`
 * @property {boolean} isApp
 * @property {Manifest} manifest
 *
 * @typedef {object} Manifest what of a package.json the tools read
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {string} [description]
 * @property {string} [license]
 * @property {boolean} [sideEffects]
 * @property {Record<string, string>} [engines]
 * @property {Record<string, string | Record<string, string>>} [exports]
 * @property {Record<string, string>} [bin]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {string} [packageManager]
 */

/**
 * @param {string} path
 * @returns {Manifest}
 */
export function readManifest(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/**
 * Every package under `packages/` and `apps/`, by name; these are the ones that get published.
 *
 * @param {string} [root]
 * @returns {WorkspacePackage[]}
 */
export function publishedPackages(root = repositoryRoot) {
  return ["packages", "apps"]
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) =>
      readdirSync(join(root, parent))
        .sort()
        .filter((name) => existsSync(join(root, parent, name, "package.json")))
        .map((name) => ({
          folder: `${parent}/${name}`,
          name,
          isApp: parent === "apps",
          manifest: readManifest(join(root, parent, name, "package.json")),
        })),
    );
}

/**
 * The entries of a package that can be imported: all but its manifest and built addons.
 *
 * @param {Manifest} manifest
 * @returns {string[]} as in `exports`: `.`, `./node`
 */
export function importableEntries(manifest) {
  return Object.keys(manifest.exports ?? {}).filter((path) => !/\.(json|node)$/.test(path));
}
