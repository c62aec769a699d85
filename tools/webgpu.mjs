// npm run webgpu: WebGPU for Node, for the tests of backend-tfjs-webgpu, into the git-ignored folder .webgpu. Brings the package
// webgpu (130 MB) and, where this machine has none, SwiftShader, a Vulkan driver in software, from Debian's package chromium-common.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./support/run.mjs";
import { readManifest } from "./support/workspace.mjs";

const folder = join(root, ".webgpu");
const unpacked = join(folder, "driver");
const packageFolder = join(folder, "node_modules", "webgpu");
const driverList = join(folder, "swiftshader.json");

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
async function must(program, args, cwd) {
  const { status, output } = await run(program, args, { cwd });
  if (status === 0) return;
  console.error(output.trimEnd());
  console.error(`${program} ${args[0]} failed; its words are above.`);
  process.exit(4);
}

/** @param {string} target @param {string} path */
function link(target, path) {
  rmSync(path, { force: true, recursive: true });
  symlinkSync(target, path);
}

/** @param {string} file */
const inPlaces = (file) =>
  [
    `/usr/lib/chromium/${file}`,
    join(unpacked, "usr/lib/chromium", file),
    join(unpacked, "usr/lib/x86_64-linux-gnu", file),
    join(unpacked, "usr/lib/aarch64-linux-gnu", file),
  ].find((path) => existsSync(path));

async function installPackage() {
  const { peerDependencies } = readManifest(join(root, "packages/backend-tfjs-webgpu/package.json"));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const wanted = `webgpu@${peerDependencies?.webgpu}`;
  await must("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", wanted], folder);
  // Where Node looks for it when a package of this workspace asks.
  link(packageFolder, join(root, "node_modules", "webgpu"));
}

/** Fetches and unpacks a driver in software where neither Chromium nor an earlier run has one. */
async function findDriver() {
  if (process.platform !== "linux") return "uses the driver of this system";
  const isAptHere = (await run("apt-get", ["--version"])).status === 0;
  if (inPlaces("libvk_swiftshader.so") === undefined && isAptHere) {
    mkdirSync(unpacked, { recursive: true });
    const packages = ["chromium-common", "libvulkan1"];
    await must("apt-get", ["download", ...packages], unpacked);
    for (const name of packages)
      await must("sh", ["-c", `dpkg -x ${name}_*.deb . && rm ${name}_*.deb`], unpacked);
  }
  const driver = inPlaces("libvk_swiftshader.so");
  if (driver === undefined)
    return "found no SwiftShader: install a Vulkan driver and libvulkan1, or Debian's chromium-common";
  writeFileSync(
    driverList,
    JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: driver, api_version: "1.0.5" } }),
  );
  const loader = inPlaces("libvulkan.so.1");
  const dawnFolder = join(packageFolder, "dist", `linux-${process.arch}`);
  // Dawn looks beside itself after the system's folders.
  if (loader !== undefined && existsSync(dawnFolder)) link(loader, join(dawnFolder, "libvulkan.so.1"));
  return `tests add the driver ${driver} to those of this system`;
}

if (!existsSync(join(root, "node_modules"))) {
  console.error('Run "npm run setup" first.');
  process.exit(2);
}
await installPackage();
const driver = await findDriver();
const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
console.log(`webgpu ${version} is in .webgpu; ${driver}`);
console.log("elsewhere: VK_DRIVER_FILES=.webgpu/swiftshader.json npm run plumbline -- doctor");
