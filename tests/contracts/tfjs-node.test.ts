import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { backendSuite } from "@plumbline/testing";
import { trainableCases } from "./cases.ts";
import { whereAvailable } from "./where-available.ts";

backendSuite(await whereAvailable(tfjsNodeBackend), {
  backend: tfjsNodeBackend,
  cases: trainableCases,
  deterministic: false,
});
