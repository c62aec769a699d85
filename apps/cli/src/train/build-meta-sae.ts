import type { Architecture } from "@plumbline/core";
import type { LayeredConfig } from "@plumbline/extract/config";
import { type MetaSaeOptions, type MetaSaeTraining, withMetaSae } from "@plumbline/meta-sae";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Registries } from "../registries.ts";
import { buildNamed } from "./build-architecture.ts";
import type { TrainConfig } from "./train-config.ts";

/** Leaves out what was not given: to its reader an undefined option is an option. */
function given<V extends object>(value: V): { [K in keyof V]?: Exclude<V[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof V]?: Exclude<V[K], undefined>;
  };
}

/**
 * The training of an architecture with the meta SAE that a configuration asks for, if it does.
 *
 * @throws PlumblineError `bad-option` and what building an architecture throws, each with its place
 */
export function buildMetaSae(
  config: TrainConfig,
  primary: Architecture<Tensor>,
  made: { readonly registries: Registries; readonly layers: LayeredConfig },
): MetaSaeTraining | undefined {
  if (config.metaSae === undefined) return undefined;
  const { architecture, ...numbers } = config.metaSae;
  const { registries, layers } = made;
  const own =
    architecture === undefined
      ? undefined
      : buildNamed(architecture, registries, { layers, key: "metaSae.architecture" });
  const options: MetaSaeOptions<Tensor> = {
    ...given(numbers),
    ...(own === undefined ? {} : { architecture: own.architecture }),
  };
  try {
    const training = withMetaSae(primary, options);
    // Widths are checked where one is known.
    training.metaOf(config.architecture.dSae);
    return training;
  } catch (error) {
    throw layers.locate(error, "metaSae");
  }
}
