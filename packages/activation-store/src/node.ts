export {
  type ActivationStore,
  type OpenStoreOptions,
  openActivationStore,
} from "./node/open-activation-store.ts";
export {
  type StoreProgress,
  type WriteStoreOptions,
  writeActivationStore,
} from "./node/write-activation-store.ts";
