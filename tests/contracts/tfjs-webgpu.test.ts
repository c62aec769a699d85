import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import { backendSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { probeWebgpu } from "../webgpu.support.ts";
import { trainableCases } from "./cases.ts";

const probe = await probeWebgpu();
const run = { suite, test };
const skipped = {
  suite: (name: string, body: () => void) =>
    suite.skip(`${name}: ${probe.available ? "" : probe.reason}`, body),
  test: test.skip,
};

backendSuite(probe.available ? run : skipped, {
  backend: tfjsWebgpuBackend,
  cases: trainableCases,
  deterministic: false,
});
