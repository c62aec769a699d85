import type { ActivationStore } from "@plumbline/activation-store/node";
import { type BatchSource, createRandom, type SaeEngine, type Schedule } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import type { Io, Output } from "@plumbline/extract/terminal";
import type { MetaSaeTraining } from "@plumbline/meta-sae";
import { inputScaleFor } from "@plumbline/trainer";
import { openStore } from "../open-store.ts";
import { createRegistries } from "../registries.ts";
import { storeFingerprint } from "../run-folder/store-fingerprint.ts";
import { type BuiltArchitecture, buildArchitecture, checkShape } from "./build-architecture.ts";
import { buildMetaSae } from "./build-meta-sae.ts";
import { buildSchedules } from "./build-schedules.ts";
import { type BackendChoice, chooseBackend } from "./choose-backend.ts";
import { orderSeedOf, type ResolvedTrainConfig, stepsOf } from "./resolve-train-config.ts";
import { sampleRows } from "./sample-rows.ts";
import type { TrainerConfig } from "./train-config.ts";

/** Everything a training run needs, opened and checked; nothing is written. */
export interface Training {
  readonly resolved: ResolvedTrainConfig;
  readonly built: BuiltArchitecture;
  readonly metaSae: MetaSaeTraining | undefined;
  readonly schedules: readonly Schedule[];
  readonly choice: BackendChoice;
  readonly store: ActivationStore;
  readonly storeSha256: string;
  readonly dSae: number;
  readonly nSteps: number;
  readonly inputScale: number;
  close(): Promise<void>;
}

function scaleOf(inputScale: TrainerConfig["inputScale"], store: ActivationStore): number {
  if (inputScale === "none") return 1;
  return inputScale === "unit" ? inputScaleFor(store.statistics) : inputScale;
}

/**
 * Opens what a configuration names: plugins, architecture, schedules, backend, store. What is cheap to refuse comes first.
 *
 * @param options.backend name that replaces the configuration's; a resumed run stays on its backend
 */
export async function openTraining(
  resolved: ResolvedTrainConfig,
  options: { io: Io; output: Output; backend?: string },
): Promise<Training> {
  const { config, layers, folder } = resolved;
  const registries = createRegistries(await loadPlugins(config.plugins, folder));
  const built = buildArchitecture(config.architecture, registries, layers);
  const metaSae = buildMetaSae(config, built.architecture, { registries, layers });
  const schedules = buildSchedules(config, built.architecture, { layers, metaSae });
  const choice = await chooseBackend(options.backend ?? config.backend, registries, built.architecture);
  const store = await openStore(config.activations.store, options);
  try {
    const { dSae } = config.architecture;
    checkShape(built.architecture, { dIn: store.dIn, dSae }, layers);
    return {
      resolved,
      built,
      metaSae,
      schedules,
      choice,
      store,
      storeSha256: await storeFingerprint(config.activations.store),
      dSae,
      nSteps: stepsOf(config.trainer),
      inputScale: scaleOf(config.trainer.inputScale, store),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The batches that a training learns from, in its own order. */
export function trainingBatches({ store, resolved }: Training): BatchSource {
  return store.batchSource({ seed: orderSeedOf(resolved.config) });
}

/** A new engine for a training, initialized from the seed's stream `init`. The caller disposes it. */
export async function createTrainingEngine(training: Training): Promise<SaeEngine> {
  const { choice, built, store, dSae, inputScale, resolved } = training;
  const random = createRandom(resolved.config.seed).stream("init");
  const sample = await sampleRows(store, { random, inputScale });
  const options = { dIn: store.dIn, dSae, random, sample, precision: resolved.config.precision };
  if (training.metaSae !== undefined) return training.metaSae.createEngine(choice.backend, options);
  return choice.backend.createEngine({ ...options, architecture: built.architecture });
}
