// Compiles the addon with node-gyp against the headers of the Node that runs this.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const nodeGypVersion = "11.5.0";

/** @param {string} program @param {readonly string[]} args @returns {boolean} */
const works = (program, args) => spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** Where this Node's headers are, as node-gyp wants to be told. */
export const nodeFolder = () => resolve(dirname(process.execPath), "..");

/** What is missing to compile, in words, or nothing. */
export function missingForBuild() {
  const headers = join(nodeFolder(), "include", "node", "node_api.h");
  if (!existsSync(headers)) return `the headers of Node ${process.version} (node_api.h) are not beside it`;
  if (process.platform === "win32") return "building on Windows was never tried";
  const compiler = process.env.CXX ?? "c++";
  if (!works(compiler, ["--version"])) return `no C++ compiler (${compiler})`;
  if (!works("make", ["--version"])) return "no make";
  if (!works(process.env.PYTHON ?? "python3", ["--version"])) return "no Python 3, which node-gyp needs";
  return undefined;
}

/** node-gyp where it is installed, else by npx; a program and its first arguments. */
export function nodeGyp() {
  try {
    return [process.execPath, createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js")];
  } catch {
    return ["npx", "--yes", `node-gyp@${nodeGypVersion}`];
  }
}

/**
 * Compiles in a temporary folder, so that nothing but the result is left.
 *
 * @param {string} target where the .node file goes
 * @returns {{ ok: boolean, output: string }}
 */
export function buildAddon(target) {
  const work = mkdtempSync(join(tmpdir(), "plumbline-addon-"));
  try {
    // The recipe lies beside the sources: in the package's own folder, installing would run it.
    cpSync(join(packageFolder, "native"), work, { recursive: true });
    const [program = "", ...args] = nodeGyp();
    const addonApi = dirname(createRequire(import.meta.url).resolve("node-addon-api/package.json"));
    const result = spawnSync(
      program,
      [
        ...args,
        "rebuild",
        `--nodedir=${nodeFolder()}`,
        "--jobs",
        "max",
        "--",
        `-Dplumbline_addon_api=${addonApi}`,
      ],
      { cwd: work, encoding: "utf8" },
    );
    const output = `${result.stdout ?? ""}${result.stderr ?? ""}`;
    const made = join(work, "build", "Release", "plumbline.node");
    if (result.status !== 0 || !existsSync(made)) return { ok: false, output };
    mkdirSync(dirname(target), { recursive: true });
    // Processes that run the old one keep it.
    copyFileSync(made, `${target}.new`);
    renameSync(`${target}.new`, target);
    return { ok: true, output };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
