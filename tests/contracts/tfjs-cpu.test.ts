import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { trainableCases } from "./cases.ts";

backendSuite({ suite, test }, { backend: tfjsCpuBackend, cases: trainableCases, deterministic: true });
