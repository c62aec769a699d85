import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";
import { publishedPackages, readManifest } from "./workspace.mjs";

/** What was installed last: which inputs, and for which filters (none = everything). */
const stampPath = join(root, "node_modules", ".plumbline-install.json");

/** @typedef {{ inputs: string, filters: readonly string[] }} Stamp */

/** Stops with a sentence where Node is older than package.json asks for. */
export function requireNode() {
  const wanted = readManifest(join(root, "package.json")).engines?.node ?? "";
  const [major = 0, minor = 0] = wanted.replace(/^>=/, "").split(".").map(Number);
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(`Plumbline needs Node ${major}.${minor} or newer, this is ${process.version}.`);
  console.error("Install a newer Node (nodejs.org, nvm, your system's packages) and run the command again.");
  process.exit(4);
}

/** Hash of all that decides what an install brings. */
function installInputs() {
  const hash = createHash("sha256");
  const manifests = publishedPackages().map((one) => `${one.folder}/package.json`);
  const files = [
    "package.json",
    "pnpm-workspace.yaml",
    "pnpm-lock.yaml",
    "tests/package.json",
    "benchmarks/package.json",
    "examples/browser/package.json",
    ...manifests,
  ];
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** @returns {Stamp | undefined} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(stampPath, "utf8"));
  } catch {
    return undefined;
  }
}

/** The pinned pnpm: the installed one where it is that version, else through npx. */
function pnpmCommand() {
  const pinned = readManifest(join(root, "package.json")).packageManager?.split("@")[1] ?? "";
  const local = join(root, "node_modules", "pnpm");
  if (existsSync(join(local, "package.json"))) {
    const { version } = readManifest(join(local, "package.json"));
    if (version === pinned) return { program: process.execPath, args: [join(local, "bin", "pnpm.cjs")] };
  }
  return { program: "npx", args: ["--yes", `pnpm@${pinned}`] };
}

/**
 * Installs dependencies if they are not there or not of this lockfile; says nothing when there is nothing to do. On
 * failure prints what the installer said and ends the process with status 4.
 *
 * @param {{ filters?: readonly string[] }} [options] pnpm filters; none installs everything. Where everything was installed before,
 *   everything stays installed.
 */
export async function ensureInstalled(options = {}) {
  const { filters = [] } = options;
  const inputs = installInputs();
  const stamp = readStamp();
  const isWhole = stamp === undefined ? existsSync(join(root, "node_modules")) : stamp.filters.length === 0;
  const wanted = isWhole ? [] : filters;
  const isSame = stamp?.inputs === inputs && (isWhole || String(stamp.filters) === String(wanted));
  if (isSame) return;

  const { program, args } = pnpmCommand();
  console.error("Installing dependencies …");
  const result = await run(program, [
    ...args,
    "install",
    "--frozen-lockfile",
    ...wanted.flatMap((filter) => ["--filter", filter]),
  ]);
  if (result.status !== 0) {
    console.error(result.output);
    console.error("Installing dependencies failed; the installer's words are above.");
    process.exit(4);
  }
  writeFileSync(stampPath, JSON.stringify({ inputs, filters: wanted }));
}
