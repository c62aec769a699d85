import type { GpuAdapter } from "./web-gpu.ts";

/** What is said of an adapter. */
export interface AdapterFacts {
  /** whether a processor draws for it: SwiftShader, llvmpipe, the fallback of a system */
  readonly isSoftware: boolean;
  /** one line: name, kind, the largest tensor */
  readonly device: string;
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/** Name, kind and the one limit that training meets: a tensor has to fit into one storage binding. */
export function adapterFacts({ info = {}, limits }: GpuAdapter): AdapterFacts {
  const { vendor = "", architecture = "", device = "", description = "" } = info;
  const isSoftware =
    info.isFallbackAdapter === true ||
    softwareNames.test(`${vendor} ${architecture} ${device} ${description}`);
  const kind = [vendor, architecture].filter((part) => part !== "").join(" ");
  const names = [description || device, kind].filter((part) => part !== "");
  const name = names.length === 0 ? "an adapter without a name" : names.join(", ");
  const mebibytes = Math.floor(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 2 ** 20);
  return {
    isSoftware,
    device: `${name}${isSoftware ? " (in software)" : ""}, tensors up to ${mebibytes} MiB`,
  };
}
