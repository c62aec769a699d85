import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { backendSuite } from "@plumbline/testing";
import { trainableCases } from "./cases.ts";
import { whereAvailable } from "./where-available.ts";

backendSuite(await whereAvailable(nativeTfjsBackend), {
  backend: nativeTfjsBackend,
  cases: trainableCases,
  deterministic: true,
});
