import { createNativeBackend } from "@plumbline/backend-native";
import { backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { trainableCases } from "./cases.ts";

const backend = createNativeBackend({ runtime: "wasm", threads: 1 });

backendSuite(
  { suite, test },
  {
    backend,
    cases: trainableCases.filter(({ architecture }) => backend.unsupported(architecture) === undefined),
    deterministic: true,
  },
);
