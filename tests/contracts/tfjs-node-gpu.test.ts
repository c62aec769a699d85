import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
import { trainableCases } from "./cases.ts";
import { backendSuiteWhereAvailable } from "./where-available.ts";

await backendSuiteWhereAvailable({
  backend: tfjsNodeGpuBackend,
  cases: trainableCases,
  deterministic: false,
});
