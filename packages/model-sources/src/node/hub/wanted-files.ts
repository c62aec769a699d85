import { nearest, type PlumblineError } from "@plumbline/core";
import { fileError, quote, usageError } from "../../errors.ts";
import { usualModelFiles } from "../onnx/find-model-file.ts";
import type { HubFile } from "./hub-listing.ts";
import type { RepositoryKind } from "./repository.ts";

/** Which files of a repository are wanted. */
export interface WantedFiles {
  /** names or patterns (`*` within a folder, `**` across them) instead of the usual choice, as `["*.safetensors"]`; one without `/` is a file's name in any folder */
  readonly files?: readonly string[];
  /** the ONNX file of a model with several, as `model_quantized.onnx` */
  readonly modelFile?: string;
  /** the part of a dataset, `train` by default */
  readonly split?: string;
}

/** What is read of a model besides its graph and weights. */
const besideModel = new Set([
  "config.json",
  "generation_config.json",
  "preprocessor_config.json",
  "special_tokens_map.json",
  "tokenizer.json",
  "tokenizer_config.json",
]);

const dataFile = /\.(parquet|(jsonl|ndjson|txt)(\.gz)?)$/i;
const knownSplits = ["train", "training", "validation", "valid", "val", "dev", "test", "testing", "eval"];
const maxNamesInMessage = 20;

function namesIn(files: readonly { readonly path: string }[]): string {
  const more = files.length - maxNamesInMessage;
  const names = files.slice(0, maxNamesInMessage).map(({ path }) => quote(path));
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function noSuchFile(wanted: string, files: readonly HubFile[], where: string): PlumblineError {
  const near = nearest(
    wanted,
    files.map(({ path }) => path),
  );
  const suggestion = near === undefined ? "" : `did you mean ${quote(near)}? `;
  return fileError({
    code: "hub-file-not-found",
    message: `resolveModelFolder(): the repository has no ${quote(wanted)}`,
    where,
    hint: `${suggestion}It has ${files.length === 0 ? "none of that kind" : namesIn(files)}`,
  });
}

/** A pattern as a test of paths. */
function matcher(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/\*\*\/?|\*|[^*]+/g, (part) => {
    if (part === "*") return "[^/]*";
    if (part.startsWith("**")) return ".*";
    return part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");
  });
  const whole = new RegExp(`^${source}$`);
  return (path) => whole.test(pattern.includes("/") ? path : path.slice(path.lastIndexOf("/") + 1));
}

function matching(patterns: readonly string[], files: readonly HubFile[], where: string): HubFile[] {
  const found = new Set<HubFile>();
  for (const pattern of patterns) {
    const matches = files.filter(({ path }) => matcher(pattern)(path));
    if (matches.length === 0) throw noSuchFile(pattern, files, where);
    for (const file of matches) found.add(file);
  }
  return [...found];
}

function findGraph(files: readonly HubFile[], modelFile: string | undefined, where: string): string {
  const graphs = files.filter(({ path }) => path.endsWith(".onnx"));
  const names = modelFile === undefined ? usualModelFiles : [modelFile, `onnx/${modelFile}`];
  const usual = names.find((name) => files.some(({ path }) => path === name));
  if (usual !== undefined) return usual;
  if (modelFile !== undefined) throw noSuchFile(modelFile, graphs, where);
  const [single, ...others] = graphs.filter(({ path }) => /^(onnx\/)?[^/]+$/.test(path));
  if (single !== undefined && others.length === 0) return single.path;
  if (graphs.length > 0) {
    throw usageError({
      code: "several-models",
      message: `resolveModelFolder(): expected one ONNX model, the repository has ${namesIn(graphs)}`,
      where,
      hint: "say which with modelFile",
    });
  }
  throw fileError({
    code: "no-such-model",
    message: "resolveModelFolder(): the repository has no .onnx file",
    where,
    hint: `look for an export of the model, often of the owner onnx-community; or make one, as with optimum-cli export onnx --model ${where} <folder>`,
  });
}

/** The graph and the files with its weights: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`, `model.data`. */
function graphAndWeights(graph: string, files: readonly HubFile[]): HubFile[] {
  const weights = [`${graph}_data`, `${graph}.data`, graph.replace(/\.onnx$/, ".data")];
  return files.filter(({ path }) => path === graph || weights.some((start) => path.startsWith(start)));
}

/** Whether a split is a word of a path: `data/train-00000-of-00002.parquet`, `train/…`, `train.jsonl`. */
function hasWord(path: string, word: string): boolean {
  return path.split(/[^a-zA-Z0-9]+/).includes(word);
}

function ofSplit(files: readonly HubFile[], split: string | undefined, where: string): HubFile[] {
  if (files.length === 0) {
    throw fileError({
      code: "no-such-dataset",
      message: "resolveModelFolder(): the repository has no .parquet, .jsonl, .ndjson or .txt file",
      where,
      hint: "is it a dataset of text? Name others with files",
    });
  }
  const wanted = split ?? "train";
  const found = files.filter(({ path }) => hasWord(path, wanted));
  if (found.length > 0) return found;
  const splits = knownSplits.filter((word) => files.some(({ path }) => hasWord(path, word)));
  // Files that name no split are what there is to train on.
  if (splits.length === 0 && wanted === "train") return [...files];
  const near = nearest(wanted, splits);
  throw usageError({
    code: "no-such-split",
    message: `resolveModelFolder(): the dataset has no split ${quote(wanted)}`,
    where,
    hint: `${near === undefined ? "" : `did you mean ${near}? `}${splits.length === 0 ? `It has ${namesIn(files)}` : `It has ${splits.join(", ")}`}`,
  });
}

/**
 * The files of a repository that are needed: configuration, tokenizer and the ONNX graph with its weights, or the text of
 * one split of a dataset.
 *
 * @param where the repository's name, for messages
 * @throws PlumblineError (kind `input`) `no-such-model`, `no-such-dataset`, `hub-file-not-found`; (kind `usage`)
 *   `several-models`, `no-such-split`
 */
export function wantedFiles(
  files: readonly HubFile[],
  wanted: WantedFiles & { readonly kind: RepositoryKind; readonly where: string },
): HubFile[] {
  const { files: patterns, modelFile, split, kind, where } = wanted;
  const narrowed = patterns === undefined ? undefined : matching(patterns, files, where);
  if (kind === "dataset") {
    if (narrowed === undefined)
      return ofSplit(
        files.filter(({ path }) => dataFile.test(path)),
        split,
        where,
      );
    return split === undefined ? narrowed : ofSplit(narrowed, split, where);
  }
  if (narrowed !== undefined && modelFile === undefined) return narrowed;
  const graph = graphAndWeights(findGraph(files, modelFile, where), files);
  const beside = narrowed ?? files.filter(({ path }) => besideModel.has(path));
  return [...new Set([...beside, ...graph])];
}
