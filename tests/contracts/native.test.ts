import { nativeBackend } from "@plumbline/backend-native";
import { backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { trainableCases } from "./cases.ts";

backendSuite(
  { suite, test },
  {
    backend: nativeBackend,
    cases: trainableCases.filter(({ architecture }) => nativeBackend.unsupported(architecture) === undefined),
    deterministic: true,
  },
);
