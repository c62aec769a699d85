import { topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { type ArchitectureFactory, defineArchitecture } from "@plumbline/core";
import type { PlumblinePlugin } from "@plumbline/extract";
import type { Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";

interface FirstConfig {
  readonly few: number;
}

/** TopK under another name and with another option: stands in for an architecture of somebody else. */
const first: ArchitectureFactory<Tensor, FirstConfig> = defineArchitecture<Tensor, FirstConfig>({
  name: "first-few",
  description: "a plugin's architecture",
  schema: z.strictObject({ few: z.int().default(2) }),
  build: ({ few }) => {
    const { specVersion: _, name: __, config: ___, ...rest } = topK({ k: few });
    return rest;
  },
});

const plugin: PlumblinePlugin = {
  architectures: [first],
  backends: [{ ...tfjsCpuBackend, name: "plugin-cpu" }],
};

// biome-ignore lint/style/noDefaultExport: plugin modules are found by their default export.
export default plugin;
