import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { createNativeBackend } from "@plumbline/backend-native";
import type { TorchPython } from "../processes/torch-python.ts";

/** What a result depends on beside the code. No name of a machine, no path. */
export interface Header {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly native: string;
  readonly compiler: string;
  readonly torch: readonly string[];
}

/** The compiler that the native addon names in itself. */
function addonCompiler(): string {
  const require = createRequire(import.meta.url);
  try {
    const fromBackend = createRequire(require.resolve("@plumbline/backend-native/package.json"));
    const name = `@plumbline/native-${process.platform}-${process.arch}/plumbline.node`;
    const text = readFileSync(fromBackend.resolve(name), "latin1");
    return /(?:GCC: \([^)]*\) [\d.]+|clang version [\d.]+)/.exec(text)?.[0] ?? "not named in the addon";
  } catch {
    return "no addon for this platform";
  }
}

export async function readHeader(options: {
  readonly pythons: readonly TorchPython[];
  readonly threads: number;
  readonly instructionSet?: string | undefined;
}): Promise<Header> {
  const { pythons, threads, instructionSet } = options;
  const chosen = instructionSet === undefined ? {} : { instructionSet };
  const probe = await createNativeBackend({ threads, runtime: "addon", ...chosen }).probe();
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    native: probe.available ? probe.device : `not available: ${probe.reason}`,
    compiler: addonCompiler(),
    torch: pythons.map(({ description }) => description),
  };
}

export function headerLines(header: Header): string[] {
  const { processor, cores, memoryGb, node, native, compiler, torch } = header;
  return [
    `processor  ${processor}, ${cores} core${cores === 1 ? "" : "s"}, ${memoryGb} GB`,
    `Node       ${node}`,
    `native     ${native}`,
    `compiler   ${compiler}`,
    ...(torch.length === 0 ? ["PyTorch    none"] : torch.map((one) => `PyTorch    ${one}`)),
  ];
}
