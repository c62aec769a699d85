import { rowMaps } from "@plumbline/aligned";
import { builtInArchitectures, type Preset, presets } from "@plumbline/architectures";
import { nativeBackend } from "@plumbline/backend-native";
import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import {
  type ArchitectureFactory,
  architectureSpecVersion,
  type Backend,
  backendSpecVersion,
  createRegistry,
  type Registry,
} from "@plumbline/core";
import { type PlumblinePlugin, type SourcePlugin, sourceRegistry } from "@plumbline/extract";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What is installed, by name: what ships with the command line, and what plugins add. */
export interface Registries {
  readonly architectures: Registry<ArchitectureFactory<Tensor>>;
  readonly backends: Registry<Backend<Tensor>>;
  readonly sources: Registry<SourcePlugin>;
  readonly maps: ReturnType<typeof rowMaps>;
  readonly presets: Registry<Preset>;
}

/**
 * Puts the built-ins and the plugins together.
 *
 * @throws PlumblineError `duplicate-…`, `foreign-spec-version`
 */
export function createRegistries(plugins: readonly PlumblinePlugin[]): Registries {
  return {
    architectures: createRegistry<ArchitectureFactory<Tensor>>(
      {
        kind: "architecture",
        specVersion: architectureSpecVersion,
        nameOf: (factory) => factory.architectureName,
      },
      // A plugin's module is checked for its contract version; its types are its author's word.
      [
        ...builtInArchitectures,
        ...plugins.flatMap((plugin) => (plugin.architectures ?? []) as ArchitectureFactory<Tensor>[]),
      ],
    ),
    backends: createRegistry<Backend<Tensor>>(
      { kind: "backend", specVersion: backendSpecVersion, nameOf: (backend) => backend.name },
      [
        nativeBackend,
        nativeTfjsBackend,
        tfjsCpuBackend,
        tfjsNodeBackend,
        tfjsNodeGpuBackend,
        tfjsWasmBackend,
        tfjsWebgpuBackend,
        ...plugins.flatMap((plugin) => (plugin.backends ?? []) as Backend<Tensor>[]),
      ],
    ),
    sources: sourceRegistry(plugins),
    maps: rowMaps(),
    presets: presets(),
  };
}
