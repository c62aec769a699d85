import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
import { backendSuite } from "@plumbline/testing";
import { trainableCases } from "./cases.ts";
import { whereAvailable } from "./where-available.ts";

backendSuite(await whereAvailable(tfjsNodeGpuBackend), {
  backend: tfjsNodeGpuBackend,
  cases: trainableCases,
  deterministic: false,
});
