import { basename, dirname } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { readJsonFile } from "@plumbline/core/node";
import { createOnnxGraphModel, type OnnxGraphModel } from "../../onnx/onnx-graph-model.ts";
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
    const model = createOnnxGraphModel({
      graph: parseOnnxModel(bytes),
      runtime: runtime ?? (await loadOnnxRuntime()),
      session,
      file: { folder: dirname(file), name: basename(file) },
    });
    return Object.freeze({ ...model, file, folder, config, close: () => bytes.close() });
  } catch (error) {
    bytes.close();
    throw error;
  }
}
