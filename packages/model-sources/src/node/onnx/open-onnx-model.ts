import { realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { readJsonFile } from "@plumbline/core/node";
import { createOnnxGraphModel, type OnnxGraphModel } from "../../onnx/onnx-graph-model.ts";
import type { OnnxModel } from "../../onnx/onnx-model.ts";
import { parseOnnxModel } from "../../onnx/parse-onnx-model.ts";
import type { OnnxRuntime, SessionOptions } from "../../onnx/runtime.ts";
import { bytesInFile } from "../bytes-in-file.ts";
import { findModelFile } from "./find-model-file.ts";
import { loadOnnxRuntime } from "./load-onnx-runtime.ts";

/** How a model is opened. */
export interface OpenOnnxOptions extends SessionOptions {
  /** which file of a folder with several, as `model_quantized.onnx` */
  readonly modelFile?: string;
  /** what runs it, `onnxruntime-node` by default */
  readonly runtime?: OnnxRuntime;
}

/** An opened model and what lies beside it. */
export interface OnnxModelOnDisk extends OnnxGraphModel {
  readonly file: string;
  /** with config.json and tokenizer */
  readonly folder: string;
  /** config.json; empty where there is none */
  readonly config: Readonly<Record<string, unknown>>;
  /** Closes the file; sessions that are open stay so. */
  close(): void;
}

async function readConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const config = await readJsonFile(`${folder}/config.json`);
    return typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  } catch (error) {
    if (PlumblineError.isInstance(error) && error.code === "no-such-file") return {};
    throw error;
  }
}

/**
 * Where the weights of a model really lie. A cache of the Hugging Face Hub has links to files elsewhere, and ONNX Runtime
 * reads external weights only where no link leads out of their folder.
 */
async function placesOfWeights(file: string, { initializers }: OnnxModel) {
  const real = await realpath(file);
  const folder = dirname(real);
  const locations = new Set([...initializers.values()].flatMap(({ location }) => location ?? []));
  const renamed = new Map<string, string>();
  for (const location of locations) {
    const path = resolve(dirname(file), location);
    // A file beside the model, or a link to one beside the model's own: anything else is for the runtime to refuse.
    const target = await realpath(path).catch(() => path);
    if (dirname(path) === dirname(file) && dirname(target) === folder)
      renamed.set(location, basename(target));
  }
  return { folder, name: basename(real), renamed };
}

/**
 * Opens an ONNX model: reads its graph, and leaves its weights in the file, where the runtime finds them. Neither a model
 * with external data nor one without is copied.
 *
 * @param path a folder as Hugging Face has them (`config.json`, `onnx/model.onnx`), or an `.onnx` file
 * @throws PlumblineError (kind `input`) `no-such-model`, `corrupt-model`, `model-too-large`; (kind `usage`) `several-models`;
 *   (kind `environment`) `onnxruntime-missing`
 */
export async function openOnnxModel(path: string, options: OpenOnnxOptions = {}): Promise<OnnxModelOnDisk> {
  const { modelFile, runtime, ...session } = options;
  const { file, folder } = await findModelFile(path, modelFile);
  const config = await readConfig(folder);
  const bytes = bytesInFile(file);
  try {
    const graph = parseOnnxModel(bytes);
    const model = createOnnxGraphModel({
      graph,
      runtime: runtime ?? (await loadOnnxRuntime()),
      session,
      file: await placesOfWeights(file, graph),
    });
    return Object.freeze({ ...model, file, folder, config, close: () => bytes.close() });
  } catch (error) {
    bytes.close();
    throw error;
  }
}
