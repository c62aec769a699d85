export {
  type ActivationStore,
  type OpenStoreOptions,
  openActivationStore,
} from "./node/open-activation-store.ts";
export {
  type StoreProblem,
  type StoreReport,
  type VerifyStoreOptions,
  verifyActivationStore,
} from "./node/verify-activation-store.ts";
export { writeActivationStore } from "./node/write-activation-store.ts";
export { writeActivationStores } from "./node/write-activation-stores.ts";
export type { StoreProgress, WriteStoreOptions, WrittenStore } from "./node/write-options.ts";
