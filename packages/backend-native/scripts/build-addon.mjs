// node build-addon.mjs <target>: the addon, built again where its sources changed; says why and succeeds where it cannot be.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon, missingForBuild } from "./addon.mjs";

const here = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const target = resolve(process.argv[2] ?? "build/plumbline.node");
const stamp = `${target}.stamp`;

/** Every file that the addon is made of, as one hash. */
function sourceHash() {
  const files = readdirSync(join(here, "native"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(cc|h|gyp)$/.test(name))
    .sort()
    .map((name) => join(here, "native", name));
  const hash = createHash("sha256").update(process.version);
  for (const file of files) {
    if (statSync(file).isFile()) hash.update(file.slice(here.length)).update(readFileSync(file));
  }
  return hash.digest("hex");
}

const hash = sourceHash();
const isFresh = existsSync(target) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
const missing = isFresh ? undefined : missingForBuild();
if (missing !== undefined) {
  console.log(`addon not built: ${missing}; WebAssembly takes its place`);
} else if (!isFresh) {
  const { ok, output } = buildAddon(target);
  if (ok) writeFileSync(stamp, hash);
  else {
    console.error(output);
    process.exitCode = 1;
  }
}
