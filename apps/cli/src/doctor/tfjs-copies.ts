import { readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Check } from "./check.ts";

/** Packages that lead to TensorFlow.js, in our tree and in a user's. */
const names = [
  "@plumbline/ops",
  "@plumbline/architectures",
  "@plumbline/aligned",
  "@plumbline/engine-tfjs",
  "@plumbline/model-sources",
  "@plumbline/backend-tfjs-cpu",
  "@plumbline/backend-tfjs-node",
  "@plumbline/backend-tfjs-node-gpu",
  "@plumbline/backend-tfjs-wasm",
  "@plumbline/backend-tfjs-webgpu",
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-node",
  "@tensorflow/tfjs-node-gpu",
  "@tensorflow/tfjs-converter",
  "@tensorflow/tfjs-backend-cpu",
  "@tensorflow/tfjs-backend-wasm",
  "@tensorflow/tfjs-backend-webgpu",
  "@tensorflow/tfjs-core",
];

async function manifestOf(name: string, from: string): Promise<string | undefined> {
  try {
    return await realpath(createRequire(join(from, "noop.js")).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Folders of all copies of tfjs-core that can be reached from the given folders, through the packages above. */
export async function findTfjsCores(folders: readonly string[]): Promise<readonly string[]> {
  const seen = new Set<string>();
  const cores = new Set<string>();
  const queue = [...folders];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    for (const name of names) {
      const manifest = await manifestOf(name, folder);
      if (manifest === undefined || seen.has(manifest)) continue;
      seen.add(manifest);
      if (name === "@tensorflow/tfjs-core") cores.add(dirname(manifest));
      queue.push(dirname(manifest));
    }
  }
  return [...cores].sort();
}

/** Two copies do not know of each other's backends, kernels and gradients, and fail quietly. */
export async function checkTfjsCopies(cwd: string): Promise<Check> {
  const cores = await findTfjsCores([dirname(fileURLToPath(import.meta.url)), cwd]);
  const described = await Promise.all(
    cores.map(async (folder) => {
      const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
        version: string;
      };
      return cores.length === 1 ? version : `${version} in ${folder}`;
    }),
  );
  const name = "tfjs-core";
  if (cores.length === 1) return { name, ok: true, found: `one copy, ${described.join()}` };
  if (cores.length === 0) {
    return { name, ok: false, found: "not installed", nextStep: "install @tensorflow/tfjs 4.22.0" };
  }
  return {
    name,
    ok: false,
    found: `${cores.length} copies: ${described.join("; ")}`,
    nextStep: "make all packages use one version: look at what `npm ls @tensorflow/tfjs-core` says",
  };
}
