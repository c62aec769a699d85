import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root, run } from "../../tools/support/run.mjs";
import { publishedPackages, readManifest } from "../../tools/support/workspace.mjs";

/**
 * Nothing is visible but what a package declares: no hoisting, no forgotten peers, no install scripts. One exception:
 * @tensorflow/tfjs requires `long` and does not say so.
 */
const npmrc = [
  "hoist-pattern[]=long",
  "public-hoist-pattern[]=",
  "strict-peer-dependencies=true",
  "ignore-scripts=true",
  "prefer-offline=true",
  "",
].join("\n");

/** tfjs-data asks its user for what tfjs, its only user, brings itself. */
const peerDependencyRules = { ignoreMissing: ["seedrandom"] };

/**
 * The packages that a README tells its reader to install, in all its `npm install` lines together.
 *
 * @param {string} readme
 * @returns {string[]} names, versions and comments cut off
 */
export function toldToInstall(readme) {
  const lines = [...readme.matchAll(/^\s*npm (?:install|i) (.+)$/gm)];
  const words = lines.flatMap((line) => line[1]?.replace(/\s#.*/, "").trim().split(/\s+/) ?? []);
  return words.filter((word) => !word.startsWith("-")).map((word) => word.replace(/(?<=.)@[^/]*$/, ""));
}

/**
 * Versions of everything from outside that the repository was tested with, so that a release made elsewhere today does
 * not decide about ours.
 *
 * @returns {Record<string, string>}
 */
function testedVersions() {
  /** @type {Record<string, string>} */
  const versions = {};
  for (const { folder, manifest } of publishedPackages()) {
    const names = Object.keys({
      ...manifest.devDependencies,
      ...manifest.peerDependencies,
      ...manifest.dependencies,
    });
    for (const name of names.filter((one) => !one.startsWith("@plumbline/"))) {
      const path = join(root, folder, "node_modules", name, "package.json");
      if (existsSync(path)) versions[name] = readManifest(path).version;
    }
  }
  return versions;
}

/**
 * Copies the project of somebody who writes an architecture of their own.
 *
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} overrides what each dependency is taken from
 * @returns {Promise<string>} its folder
 */
async function copyPluginProject(folder, overrides) {
  const project = join(folder, "plugin-project");
  await cp(join(root, "tests/packaging/plugin-project"), project, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  const names = Object.keys(manifest.dependencies);
  const dependencies = Object.fromEntries(names.map((name) => [name, overrides[name] ?? "*"]));
  await writeFile(join(project, "package.json"), JSON.stringify({ ...manifest, dependencies }));
  return project;
}

/**
 * Makes one user's folder for each package, holding what the package's README tells to install and nothing else.
 *
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} tarballs by full package name
 * @returns {Promise<Record<string, string>>} folder by full package name
 */
export async function installConsumers(folder, tarballs) {
  const versions = testedVersions();
  const files = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]));
  const overrides = { ...versions, ...files };
  /** @type {Record<string, string>} */
  const consumers = {};
  for (const one of publishedPackages()) {
    const readme = join(root, one.folder, "README.md");
    const told = existsSync(readme) ? toldToInstall(readFileSync(readme, "utf8")) : [];
    const names = new Set([one.manifest.name, ...told]);
    const consumer = join(folder, one.name);
    const dependencies = Object.fromEntries([...names].map((name) => [name, overrides[name] ?? "*"]));
    await mkdir(consumer, { recursive: true });
    await writeFile(
      join(consumer, "package.json"),
      JSON.stringify({ name: `user-of-${one.name}`, private: true, type: "module", dependencies }),
    );
    consumers[one.manifest.name] = consumer;
  }
  consumers["plugin-project"] = await copyPluginProject(folder, overrides);
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ private: true, pnpm: { overrides, peerDependencyRules } }),
  );
  await writeFile(join(folder, "pnpm-workspace.yaml"), 'packages: ["*"]\n');
  await writeFile(join(folder, ".npmrc"), npmrc);
  const result = await run("pnpm", ["install", "--no-frozen-lockfile"], { cwd: folder });
  if (result.status !== 0) throw new Error(`installing the packed packages failed\n${result.output}`);
  return consumers;
}
