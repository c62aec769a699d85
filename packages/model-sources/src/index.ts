export { type CleanDocumentsOptions, cleanDocuments } from "./documents/clean-documents.ts";
export { createDocumentCounts, type Document, type DocumentCounts } from "./documents/document.ts";
export type { TextSplit } from "./documents/text-documents.ts";
export type { InvalidUtf8 } from "./documents/utf8.ts";
export type { GraphFeed, GraphModelLike, GraphTensor } from "./graph-model/graph-model.ts";
export { type GraphModelSourceOptions, graphModelSource } from "./graph-model/graph-model-source.ts";
export { type ImagePreprocessor, imagePreprocessor } from "./images/image-preprocessor.ts";
export type { RgbImage } from "./images/rgb-image.ts";
export { type Detection, type DetectorOptions, detectLatents } from "./intervene/detect.ts";
export {
  type GenerateOptions,
  generateTokens,
  mostLikely,
  type Sampling,
  sampleToken,
} from "./intervene/generate.ts";
export { type LatentEdit, steering } from "./intervene/steering.ts";
export { defaultNpyLimits, type NpyLimits } from "./npy/npy-header.ts";
export { npySource } from "./npy/npy-source.ts";
export { type ByteSource, bytesInMemory } from "./onnx/byte-source.ts";
export { type Capture, type CaptureBatch, openCapture, type Padding } from "./onnx/capture.ts";
export { cutGraph, type GraphCut, type GraphPart, type OnnxInput } from "./onnx/cut-graph.ts";
export { type DataEnds, dataEnds } from "./onnx/data-path.ts";
export { findHookPoints, type HookPoint } from "./onnx/hook-points.ts";
export {
  type ImagePassOptions,
  type ImagePositions,
  type ModelImage,
  openImagePass,
  probeImage,
} from "./onnx/image-pass.ts";
export { probeTokens, tokenBatch } from "./onnx/language-model.ts";
export {
  createOnnxGraphModel,
  type OnnxGraphModel,
  type OnnxGraphModelOptions,
  type OpenedPart,
} from "./onnx/onnx-graph-model.ts";
export {
  type OnnxDimension,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
  onnxLimits,
} from "./onnx/onnx-model.ts";
export { parseOnnxModel } from "./onnx/parse-onnx-model.ts";
export type { OnnxRuntime, RuntimeSession, RuntimeTensor, SessionOptions } from "./onnx/runtime.ts";
export {
  type OpenedSplicedModel,
  openSplicedModel,
  type SplicedOnnxOptions,
} from "./onnx/spliced-onnx-model.ts";
export {
  type ModelSequence,
  type OpenedPass,
  openTokenPass,
  type TokenPassOptions,
} from "./onnx/token-pass.ts";
export type { RowSourceOptions } from "./row-source.ts";
export { createTokenizer, type TokenizerFiles } from "./tokens/create-tokenizer.ts";
export { defaultTokenPolicy, type TokenPolicy } from "./tokens/token-policy.ts";
export { type TokenSequence, tokenSequences } from "./tokens/token-sequences.ts";
export type { Tokenizer } from "./tokens/tokenizer.ts";
