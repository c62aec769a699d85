import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { nodeFolder, nodeGyp } from "../../packages/backend-native/scripts/addon.mjs";
import { run } from "../support/run.mjs";
import { python } from "./missing.mjs";
import { protobuf, tfjsVersion } from "./variants.mjs";

/** @typedef {import("./variants.mjs").Variant} Variant */

/** What went wrong; `isOutside` where the reason is this machine's network or package index. */
export class BuildProblem extends Error {
  /** @param {string} message @param {{ isOutside: boolean }} options */
  constructor(message, { isOutside }) {
    super(message);
    this.isOutside = isOutside;
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, isOutside: boolean, what: string }} options
 */
async function must(program, args, { cwd, env = {}, isOutside, what }) {
  const { status, stdout, output } = await run(program, args, { cwd, env });
  if (status === 0) return stdout;
  const words = output.trimEnd().split("\n");
  throw new BuildProblem(`${what}: ${(isOutside ? words.slice(-3) : words).join("\n")}`, { isOutside });
}

/** Folder of the TensorFlow wheel in a virtual environment: headers and C library. */
async function installTensorFlow(/** @type {Variant} */ { folder, pip }) {
  const venv = join(folder, "venv");
  const options = { cwd: folder, isOutside: true, what: "pip" };
  await must(python, ["-m", "venv", venv], { ...options, what: "python -m venv" });
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...pip];
  await must(join(venv, "bin", "python"), install, options);
  const find = "import sysconfig; print(sysconfig.get_path('purelib'))";
  const packages = await must(join(venv, "bin", "python"), ["-c", find], options);
  return join(packages.trim(), "tensorflow");
}

/**
 * An npm package's files without what it depends on: TensorFlow.js is taken from the workspace, where there is one copy.
 *
 * @param {string} spec name@version
 * @param {string} folder
 */
async function unpack(spec, folder) {
  const name = spec.slice(0, spec.lastIndexOf("@"));
  const target = join(folder, "node_modules", name);
  mkdirSync(target, { recursive: true });
  const options = { cwd: folder, isOutside: true, what: `npm pack ${spec}` };
  const tarball = (await must("npm", ["pack", "--silent", spec], options)).trim().split("\n").at(-1) ?? "";
  await must("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"], { ...options, what: "tar" });
  rmSync(join(folder, tarball));
  return target;
}

/**
 * Compiles the package's addon in its own folder, as its install script would have.
 *
 * @param {string} source the package
 * @param {string} tensorFlow the wheel's folder
 */
async function compile(source, tensorFlow) {
  const libraries = join(source, "deps", "lib");
  mkdirSync(libraries, { recursive: true });
  symlinkSync(join(tensorFlow, "include"), join(source, "deps", "include"));
  // The wheel's own name of its C++ library, which has the C interface in it.
  symlinkSync(join(tensorFlow, "libtensorflow_cc.so.2"), join(libraries, "libtensorflow.so"));
  symlinkSync(
    join(tensorFlow, "libtensorflow_framework.so.2"),
    join(libraries, "libtensorflow_framework.so"),
  );
  const [program = "", ...args] = nodeGyp();
  const napi = 8;
  const settings = [
    `--nodedir=${nodeFolder()}`,
    "--module_name=tfjs_binding",
    `--module_path=${join(source, "lib", `napi-v${napi}`)}`,
    `--napi_build_version=${napi}`,
  ];
  await must(program, [...args, "rebuild", ...settings], {
    cwd: source,
    // Found where pip put it: from there TensorFlow finds the CUDA libraries that came with it.
    env: { LDFLAGS: `-Wl,-rpath,${tensorFlow}` },
    isOutside: false,
    what: "node-gyp",
  });
}

/** Makes the package visible to its adapter, as an installed peer is. */
function link(/** @type {Variant} */ { adapter, npmPackage }, /** @type {string} */ source) {
  const place = join(adapter, "node_modules", npmPackage);
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  symlinkSync(relative(dirname(place), source), place);
}

/**
 * Installs a TensorFlow wheel, compiles the addon against it and links the package where its adapter finds it. What is there
 * already, from the same versions, is kept.
 *
 * @param {Variant} variant
 * @param {() => void} onBegin called where there is something to build
 * @returns {Promise<"built" | "kept">}
 * @throws {BuildProblem}
 */
export async function build(variant, onBegin) {
  const { folder, npmPackage, pip } = variant;
  const stamp = join(folder, "built.json");
  const made = JSON.stringify({ pip, tfjsVersion, protobuf, node: process.version, folder });
  const source = join(folder, "node_modules", npmPackage);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === made) {
    link(variant, source);
    return "kept";
  }
  onBegin();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tensorFlow = await installTensorFlow(variant);
  await unpack(protobuf, folder);
  await compile(await unpack(`${npmPackage}@${tfjsVersion}`, folder), tensorFlow);
  link(variant, source);
  writeFileSync(stamp, made);
  return "built";
}

/** Takes the package away from its adapter again and deletes what was built. */
export function remove(/** @type {Variant} */ { adapter, npmPackage, folder }) {
  rmSync(join(adapter, "node_modules", npmPackage), { recursive: true, force: true });
  const scope = join(adapter, "node_modules", "@tensorflow");
  if (existsSync(scope) && readdirSync(scope).length === 0) rmSync(scope, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
}
