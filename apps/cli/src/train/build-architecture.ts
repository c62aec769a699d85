import { aligned } from "@plumbline/aligned";
import { type Architecture, PlumblineError, parseConfig } from "@plumbline/core";
import type { LayeredConfig } from "@plumbline/extract/config";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Registries } from "../registries.ts";
import type { MetaArchitectureConfig, TrainConfig } from "./train-config.ts";

/** An architecture, and its part of the configuration with every default filled in. */
export interface BuiltArchitecture {
  readonly architecture: Architecture<Tensor>;
  readonly resolved: TrainConfig["architecture"];
}

/**
 * Makes the architecture that a configuration names, aligned where it says so.
 *
 * @throws PlumblineError `unknown-architecture`, `unknown-row-map`, `unknown-key`, `bad-config`, each with its place
 */
export function buildArchitecture(
  config: TrainConfig["architecture"],
  registries: Registries,
  layers: LayeredConfig,
): BuiltArchitecture {
  const { dSae, ...named } = config;
  const { architecture, resolved } = buildNamed(named, registries, { layers, key: "architecture" });
  const { name, ...rest } = resolved;
  return { architecture, resolved: { name, dSae, ...rest } };
}

/** The same without a width, at any key of the configuration. */
export function buildNamed(
  config: MetaArchitectureConfig,
  registries: Registries,
  { layers, key }: { readonly layers: LayeredConfig; readonly key: string },
): { readonly architecture: Architecture<Tensor>; readonly resolved: MetaArchitectureConfig } {
  const { name, aligned: alignment, ...own } = config;
  const at = <R>(place: string, work: () => R): R => {
    try {
      return work();
    } catch (error) {
      throw layers.locate(error, place);
    }
  };
  const factory = at(`${key}.name`, () => registries.architectures.get(name));
  const checked = at(key, () => parseConfig(factory.schema, own, { from: `[${name}] config` }));
  const plain = at(key, () => factory(checked));
  if (alignment === false)
    return { architecture: plain, resolved: { name, aligned: false, ...plain.config } };
  const mapName = alignment === true ? "projection" : alignment.map;
  const map = at(`${key}.aligned.map`, () => registries.maps.get(mapName));
  return {
    architecture: aligned(plain, { map }),
    resolved: { name, aligned: { map: mapName }, ...plain.config },
  };
}

/** Says in words that a width does not fit, at the key of the configuration. */
export function checkShape(
  architecture: Architecture<Tensor>,
  shape: { dIn: number; dSae: number },
  layers: LayeredConfig,
): void {
  try {
    architecture.check(shape);
  } catch (error) {
    throw PlumblineError.isInstance(error) && error.where !== undefined
      ? layers.locate(error, "")
      : layers.locate(error, "architecture");
  }
}
