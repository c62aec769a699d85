import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { trainableCases } from "./cases.ts";
import { backendSuiteWhereAvailable } from "./where-available.ts";

await backendSuiteWhereAvailable({
  backend: tfjsNodeBackend,
  cases: trainableCases,
  deterministic: false,
});
