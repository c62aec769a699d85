import { existsSync } from "node:fs";
import { join } from "node:path";
import { matches, mayImport, rowOf, tfjsPackages } from "../layers.mjs";
import { publishedPackages } from "../support/workspace.mjs";

/** @typedef {import("../support/workspace.mjs").WorkspacePackage} WorkspacePackage */

/** @param {WorkspacePackage} one */
function dependencyProblems({ name, manifest }) {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  const shipped = { ...dependencies, ...peerDependencies, ...optionalDependencies };
  const problems = [];
  for (const dependency of Object.keys({ ...shipped, ...devDependencies })) {
    const to = dependency.startsWith("@plumbline/") ? dependency.slice("@plumbline/".length) : undefined;
    if (to !== undefined && !mayImport(name, to)) {
      problems.push(
        `depends on ${dependency}, which is in row ${rowOf(to)}; ${name} is in row ${rowOf(name)}`,
      );
    }
  }
  const bringsTfjs = tfjsPackages.some((pattern) => matches(pattern, name));
  if (shipped["@tensorflow/tfjs"] !== undefined && !bringsTfjs) {
    problems.push(
      "brings @tensorflow/tfjs; only backends do, others take @tensorflow/tfjs-core from their user",
    );
  }
  return problems;
}

/** @param {WorkspacePackage} one */
function exportProblems({ manifest }) {
  const problems = [];
  for (const [path, target] of Object.entries(manifest.exports ?? {})) {
    // Neither has types or sources.
    if (path === "./package.json" || path.endsWith(".node")) continue;
    const conditions = typeof target === "string" ? [] : Object.keys(target);
    if (conditions.join() !== "@plumbline/source,types,default") {
      problems.push(`exports "${path}" with [${conditions}]; expected [@plumbline/source, types, default]`);
    }
  }
  if (manifest.exports?.["./package.json"] === undefined) problems.push('does not export "./package.json"');
  return problems;
}

/**
 * What every published package's package.json has to say, and what it must not depend on.
 *
 * @param {string} root
 * @returns {string[]} problems, each with its package
 */
export function manifestProblems(root) {
  return publishedPackages(root).flatMap((one) => {
    const { folder, name, manifest } = one;
    const problems = [...dependencyProblems(one), ...exportProblems(one)];
    if (rowOf(name) < 0) problems.push("has no row yet: add it to tools/layers.mjs");
    if (manifest.name !== `@plumbline/${name}`) problems.push(`is named ${manifest.name}`);
    if ((manifest.description ?? "") === "") problems.push("has no description: one reason to install it");
    if (manifest.license !== "MIT") problems.push("has no MIT license");
    if (manifest.sideEffects !== false) problems.push("does not declare sideEffects: false");
    if (manifest.engines?.node === undefined) problems.push("does not say which Node it needs");
    if (!existsSync(join(root, folder, "README.md"))) problems.push("has no README.md");
    return problems.map((problem) => `${folder}: ${problem}`);
  });
}
