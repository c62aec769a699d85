import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { trainableCases } from "./cases.ts";
import { backendSuiteWhereAvailable } from "./where-available.ts";

await backendSuiteWhereAvailable({
  backend: nativeTfjsBackend,
  cases: trainableCases,
  deterministic: true,
});
