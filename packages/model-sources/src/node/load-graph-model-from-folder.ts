import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { type FileSystem, nodeFileSystem, readJsonFile } from "@plumbline/core/node";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import type { io } from "@tensorflow/tfjs-core";
import { fileError, quote } from "../errors.ts";
import { type GraphModelJson, parseGraphModelJson } from "./graph-model-json.ts";
import { readFully } from "./read-fully.ts";

/** What a model's folder may ask of its reader before it is refused. */
export interface GraphModelLimits {
  /** size of `model.json`; the graph, and constants that stand in it */
  readonly maxModelJsonBytes: number;
  /** all weight files together */
  readonly maxWeightBytes: number;
  /** number of weight files; the converter makes one for every 4 MiB */
  readonly maxShards: number;
}

export const defaultGraphModelLimits: GraphModelLimits = Object.freeze({
  maxModelJsonBytes: 256 * 2 ** 20,
  maxWeightBytes: 4 * 2 ** 30,
  maxShards: 4096,
});

/** The optional peers, loaded when first needed. @throws PlumblineError (kind `environment`) `missing-peer`, `no-tfjs-backend` */
async function loadTensorFlow() {
  const [core, converter] = await Promise.all([
    import("@tensorflow/tfjs-core"),
    import("@tensorflow/tfjs-converter"),
  ]).catch((cause: unknown) => {
    throw new PlumblineError({
      code: "missing-peer",
      kind: "environment",
      message: "[model-sources] loadGraphModelFromFolder(): TensorFlow.js could not be loaded",
      hint: "npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0",
      cause,
    });
  });
  // Weights become tensors, and those live in a backend.
  const ready = await core.ready().then(
    () => core.getBackend() !== "",
    () => false,
  );
  if (!ready) {
    throw new PlumblineError({
      code: "no-tfjs-backend",
      kind: "environment",
      message:
        "[model-sources] loadGraphModelFromFolder(): expected a TensorFlow.js backend, none is registered",
      hint: 'install one and import it first, as import "@tensorflow/tfjs-backend-wasm"',
    });
  }
  return { core, converter };
}

/** Sizes of the weight files in manifest order, checked against the manifest. */
async function shardSizes(
  folder: string,
  manifest: GraphModelJson["weightsManifest"],
  options: { limits: GraphModelLimits; fileSystem: FileSystem },
): Promise<{ path: string; nBytes: number }[]> {
  const { limits, fileSystem } = options;
  const shards: { path: string; nBytes: number }[] = [];
  const missing: string[] = [];
  for (const { paths, nBytes: expected } of manifest) {
    let found = 0;
    for (const name of paths) {
      const path = join(folder, name);
      const stat = await fileSystem.stat(path).catch(() => undefined);
      if (stat?.isFile() !== true) missing.push(name);
      shards.push({ path, nBytes: stat?.size ?? 0 });
      found += stat?.size ?? 0;
    }
    if (missing.length === 0 && expected !== undefined && found !== expected) {
      throw fileError({
        code: "size-mismatch",
        message: `loadGraphModelFromFolder(): the weights take ${expected} bytes, their files ${paths.slice(0, 5).map(quote).join(", ")} hold ${found}`,
        where: folder,
        hint: "a file was cut short or belongs to another model; copy the folder again",
      });
    }
  }
  if (missing.length > 0) {
    throw fileError({
      code: "missing-shard",
      message: `loadGraphModelFromFolder(): model.json names ${shards.length} weight files, ${missing.length} of them are not there: ${missing.slice(0, 5).map(quote).join(", ")}`,
      where: folder,
      hint: "copy all files that lie beside model.json",
    });
  }
  const total = shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
  if (total > limits.maxWeightBytes) {
    throw fileError({
      code: "limit-exceeded",
      message: `loadGraphModelFromFolder(): expected at most ${limits.maxWeightBytes} bytes of weights, got ${total}`,
      where: folder,
      hint: "raise limits.maxWeightBytes if that is right",
    });
  }
  return shards;
}

async function readShard(
  shard: { path: string; nBytes: number },
  fileSystem: FileSystem,
): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(shard.nBytes);
  const file = await fileSystem.open(shard.path, "r");
  try {
    await readFully(file, bytes, 0, shard.path);
  } finally {
    await file.close();
  }
  return bytes.buffer;
}

/**
 * Loads a TensorFlow.js graph model from a folder with `model.json` and its weight files. TensorFlow.js itself can do this
 * in a browser and in `tfjs-node` only.
 *
 * Needs the optional peers `@tensorflow/tfjs-core` and `@tensorflow/tfjs-converter`, and a backend registered by the caller.
 *
 * @param options.limits replaces some of {@link defaultGraphModelLimits}
 * @returns the model; the caller disposes it
 * @throws PlumblineError `no-such-file`, `bad-json`, `bad-model-json`, `not-a-graph-model`, `missing-shard`,
 *   `size-mismatch`, `unsafe-path`, `limit-exceeded`, `bad-model` (kind `input`); `missing-peer`, `no-tfjs-backend` (kind
 *   `environment`)
 * @example
 * import { PlumblineError } from "@plumbline/core";
 * import { loadGraphModelFromFolder } from "@plumbline/model-sources/node";
 *
 * const error = await loadGraphModelFromFolder("no-such-folder").catch((reason) => reason);
 * console.log(PlumblineError.isInstance(error), error.where); // true no-such-folder/model.json
 */
export async function loadGraphModelFromFolder(
  folder: string,
  options: { readonly limits?: Partial<GraphModelLimits>; readonly fileSystem?: FileSystem } = {},
): Promise<GraphModel> {
  const { fileSystem = nodeFileSystem } = options;
  const limits = { ...defaultGraphModelLimits, ...options.limits };
  const where = join(folder, "model.json");
  const json = await readJsonFile(where, { maxBytes: limits.maxModelJsonBytes, fileSystem });
  const { weightsManifest } = parseGraphModelJson(json, { where, maxShards: limits.maxShards });
  const shards = await shardSizes(folder, weightsManifest, { limits, fileSystem });
  const { core, converter } = await loadTensorFlow();
  const weightData: ArrayBuffer[] = [];
  for (const shard of shards) weightData.push(await readShard(shard, fileSystem));
  try {
    const artifacts = await core.io.getModelArtifactsForJSON(json as io.ModelJSON, async (manifest) => [
      core.io.getWeightSpecs(manifest),
      weightData,
    ]);
    return await converter.loadGraphModel({ load: async () => artifacts });
  } catch (cause) {
    throw fileError({
      code: "bad-model",
      message: `loadGraphModelFromFolder(): TensorFlow.js refused the model: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: folder,
      hint: "was it converted with --output_format=tfjs_graph_model?",
      cause,
    });
  }
}
