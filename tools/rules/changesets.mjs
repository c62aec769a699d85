import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "../support/workspace.mjs";

/**
 * @param {string} text of a changeset
 * @returns {{ bumps: Map<string, string>, summary: string } | undefined} nothing where it is not one
 */
function parseChangeset(text) {
  const parts = /^---\n([\s\S]*?)\n?---\n([\s\S]*)$/.exec(text);
  if (parts === null) return undefined;
  const bumps = new Map();
  for (const line of (parts[1] ?? "").split("\n").filter((one) => one.trim() !== "")) {
    const entry = /^["']?(@?[a-z0-9/-]+)["']?: *(\w+)$/.exec(line);
    if (entry === null) return undefined;
    bumps.set(entry[1] ?? "", entry[2] ?? "");
  }
  return { bumps, summary: (parts[2] ?? "").trim() };
}

/**
 * Changesets that do not fit the packages, and packages that nobody will ever release: version 0.0.0 and no changeset.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function changesetProblems(root) {
  const folder = join(root, ".changeset");
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md")
    : [];
  const packages = new Map(publishedPackages(root).map((one) => [one.manifest.name, one.manifest.version]));
  const problems = [];
  const mentioned = new Set();
  for (const file of files) {
    const changeset = parseChangeset(readFileSync(join(folder, file), "utf8"));
    if (changeset === undefined) {
      problems.push(`.changeset/${file}: is not a changeset; make one with "npm run changeset"`);
      continue;
    }
    if (changeset.summary === "") problems.push(`.changeset/${file}: does not say what users get`);
    for (const [name, bump] of changeset.bumps) {
      mentioned.add(name);
      if (!packages.has(name)) problems.push(`.changeset/${file}: unknown package ${name}`);
      if (!/^(patch|minor|major)$/.test(bump))
        problems.push(`.changeset/${file}: ${name} has bump "${bump}"`);
    }
  }
  for (const [name, version] of packages) {
    if (version === "0.0.0" && !mentioned.has(name))
      problems.push(`${name}: has neither a version nor a changeset`);
  }
  return problems;
}
