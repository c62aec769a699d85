export { defineTensorFlowBackend, type TensorFlowBackendDefinition } from "./node/tensorflow/backend.ts";
export type { TensorFlowHost } from "./node/tensorflow/host.ts";
