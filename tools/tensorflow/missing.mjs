import { mkdirSync, statfsSync } from "node:fs";
import { missingForBuild } from "../../packages/backend-native/scripts/addon.mjs";
import { run } from "../support/run.mjs";
import { buildFolder, pythons } from "./variants.mjs";

/** The interpreter that makes the virtual environment. */
export const python = process.env.PYTHON ?? "python3";

/**
 * What this machine lacks to build TensorFlow's addon, in words, or nothing. A network is not looked for: pip and npm may be
 * set up to do without.
 *
 * @param {{ bytes: number }} needs
 * @returns {Promise<string | undefined>}
 */
export async function missing({ bytes }) {
  if (process.platform !== "linux")
    return "only tried on Linux; elsewhere install @tensorflow/tfjs-node as it comes";
  const noCompiler = missingForBuild();
  if (noCompiler !== undefined) return noCompiler;
  const { oldest, newest } = pythons;
  const isOfUse = `import sys, venv, ensurepip; sys.exit(not (3, ${oldest}) <= sys.version_info[:2] <= (3, ${newest}))`;
  if ((await run(python, ["-c", isOfUse])).status !== 0) {
    return `no Python 3.${oldest} to 3.${newest} with venv (${python}; name another in PYTHON)`;
  }
  if ((await run("tar", ["--version"])).status !== 0) return "no tar";
  mkdirSync(buildFolder, { recursive: true });
  const { bavail, bsize } = statfsSync(buildFolder);
  if (bavail * bsize < bytes) {
    return `${(bytes / 1e9).toFixed(0)} GB of disk are needed and ${((bavail * bsize) / 1e9).toFixed(1)} free`;
  }
  return undefined;
}
