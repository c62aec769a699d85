export { type ReadDocumentsOptions, readDocuments } from "./node/documents/read-documents.ts";
export {
  defaultHubLimits,
  type HubLimits,
  type HubProgress,
  type ResolveModelOptions,
  resolveModelFolder,
} from "./node/hub/resolve-model-folder.ts";
export { createImageCounts, type ImageCounts } from "./node/images/image-counts.ts";
export { loadImagePreprocessor } from "./node/images/load-image-preprocessor.ts";
export { type ReadImagesOptions, readImages } from "./node/images/read-images.ts";
export {
  defaultGraphModelLimits,
  type GraphModelLimits,
  loadGraphModelFromFolder,
} from "./node/load-graph-model-from-folder.ts";
export { npyFileSource } from "./node/npy-file-source.ts";
export { loadOnnxRuntime } from "./node/onnx/load-onnx-runtime.ts";
export { type OnnxModelOnDisk, type OpenOnnxOptions, openOnnxModel } from "./node/onnx/open-onnx-model.ts";
export {
  defaultParquetLimits,
  type ParquetLimits,
  type ParquetSourceOptions,
  parquetFileSource,
} from "./node/parquet/parquet-file-source.ts";
export { type SafetensorsSourceOptions, safetensorsFileSource } from "./node/safetensors-file-source.ts";
export { loadTokenizer } from "./node/tokenizer/load-tokenizer.ts";
