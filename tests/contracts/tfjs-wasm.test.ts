import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { trainableCases } from "./cases.ts";

backendSuite({ suite, test }, { backend: tfjsWasmBackend, cases: trainableCases, deterministic: true });
