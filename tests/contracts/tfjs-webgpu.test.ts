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

// In software all of them take a quarter of an hour: one of each selection and of each penalty stands for its family, unless
// PLUMBLINE_WEBGPU=all asks for more.
const inSoftware = probe.available && probe.speed < 1 && process.env.PLUMBLINE_WEBGPU !== "all";
const labels = new Set(["batch-topk", "jumprelu", "gated"]);
const families = trainableCases.filter(({ architecture }) => labels.delete(architecture.name));
const alignedCases = trainableCases.filter(({ architecture }) => architecture.name === "aligned");
const few = [...families, ...alignedCases.filter((_, i) => i === 6)];

backendSuite(probe.available ? run : skipped, {
  backend: tfjsWebgpuBackend,
  cases: inSoftware ? few : trainableCases,
  deterministic: false,
});
