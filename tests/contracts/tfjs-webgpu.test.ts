import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import { probeWebgpu } from "../webgpu.support.ts";
import { trainableCases } from "./cases.ts";
import { backendSuiteWhereAvailable } from "./where-available.ts";

const probe = await probeWebgpu();

// In software all of them take a quarter of an hour: one of each selection and of each penalty stands for its family, unless
// PLUMBLINE_WEBGPU=all asks for more.
const inSoftware = probe.available && probe.speed < 1 && process.env.PLUMBLINE_WEBGPU !== "all";
const labels = new Set(["batch-topk", "jumprelu", "gated"]);
const families = trainableCases.filter(({ architecture }) => labels.delete(architecture.name));
const alignedCases = trainableCases.filter(({ architecture }) => architecture.name === "aligned");
const few = [...families, ...alignedCases.filter((_, i) => i === 6)];

await backendSuiteWhereAvailable({
  backend: tfjsWebgpuBackend,
  cases: inSoftware ? few : trainableCases,
  deterministic: false,
});
