import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileError, usageError } from "../../errors.ts";

/** Where exporters put the file, the whole model before its variants. */
export const usualModelFiles: readonly string[] = [
  "onnx/model.onnx",
  "model.onnx",
  "onnx/decoder_model.onnx",
  "decoder_model.onnx",
  "onnx/encoder_model.onnx",
  "encoder_model.onnx",
];

/** A model's file, and the folder with its configuration and tokenizer. */
export interface ModelFile {
  readonly file: string;
  readonly folder: string;
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : found.isDirectory() ? "folder" : "file";
}

async function onnxFilesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const sub of ["", "onnx"]) {
    const entries = await readdir(join(folder, sub)).catch(() => []);
    names.push(...entries.filter((name) => name.endsWith(".onnx")).map((name) => join(sub, name)));
  }
  return names.sort();
}

/** `model/onnx/model.onnx` belongs to the folder `model`. */
async function folderOf(file: string): Promise<string> {
  const folder = dirname(file);
  const above = dirname(folder);
  const here = await kindOf(join(folder, "config.json"));
  return here === undefined && (await kindOf(join(above, "config.json"))) === "file" ? above : folder;
}

/**
 * Finds the ONNX file of a model.
 *
 * @param path the file, or a folder as Hugging Face has them
 * @param modelFile which file of the folder, where there are several
 * @throws PlumblineError (kind `input`) `no-such-model`, (kind `usage`) `several-models` naming them
 */
export async function findModelFile(path: string, modelFile?: string): Promise<ModelFile> {
  const kind = await kindOf(path);
  if (kind === undefined) {
    throw fileError({
      code: "no-such-model",
      message: "openOnnxModel(): there is no such file or folder",
      where: path,
      hint: "check the path; a folder with config.json and onnx/model.onnx, or an .onnx file",
    });
  }
  if (kind === "file") return { file: resolve(path), folder: await folderOf(resolve(path)) };
  const folder = resolve(path);
  const names = modelFile === undefined ? usualModelFiles : [modelFile, join("onnx", modelFile)];
  for (const name of names) {
    if ((await kindOf(join(folder, name))) === "file") return { file: join(folder, name), folder };
  }
  const found = await onnxFilesIn(folder);
  const [single] = found;
  if (modelFile === undefined && found.length === 1 && single !== undefined) {
    return { file: join(folder, single), folder };
  }
  if (found.length > 0) {
    throw usageError({
      code: modelFile === undefined ? "several-models" : "no-such-model",
      message: `openOnnxModel(): expected ${modelFile ?? "one ONNX model"}, the folder has ${found.join(", ")}`,
      where: path,
      hint: "say which with modelFile",
    });
  }
  throw fileError({
    code: "no-such-model",
    message: "openOnnxModel(): expected an .onnx file in the folder or its folder onnx, found none",
    where: path,
    hint: "export the model to ONNX, as with optimum-cli export onnx --model <name> <folder>",
  });
}
