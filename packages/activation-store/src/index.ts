export {
  type ActivationMemory,
  type ActivationMemoryOptions,
  createActivationMemory,
} from "./activation-memory.ts";
export { createBatchSource, type RowReader, type ShuffledBatchSource } from "./batch-source.ts";
export { createLiveBatchSource, type LiveBatchOptions } from "./live-batch-source.ts";
export {
  encodeStoreManifest,
  parseStoreManifest,
  type StoreDtype,
  type StoreFile,
  type StoreManifest,
  type StoreShard,
  storeLimits,
} from "./manifest.ts";
export { createStatisticsAccumulator, type StatisticsAccumulator } from "./statistics.ts";
