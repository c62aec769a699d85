import { createRandom, type SaeEngine, type Schedule } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import type { Io, Output } from "@plumbline/extract/terminal";
import type { MetaSaeTraining } from "@plumbline/meta-sae";
import { inputScaleFor } from "@plumbline/trainer";
import { createRegistries } from "../registries.ts";
import { type BuiltArchitecture, buildArchitecture, checkShape } from "./build-architecture.ts";
import { buildMetaSae } from "./build-meta-sae.ts";
import { buildSchedules } from "./build-schedules.ts";
import { type BackendChoice, chooseBackend } from "./choose-backend.ts";
import { orderSeedOf, type ResolvedTrainConfig, stepsOf } from "./resolve-train-config.ts";
import type { TrainerConfig } from "./train-config.ts";
import { openTrainingData, type TrainingData } from "./training-data.ts";

/** Everything a training run needs, opened and checked; nothing is written. */
export interface Training {
  readonly resolved: ResolvedTrainConfig;
  readonly built: BuiltArchitecture;
  readonly metaSae: MetaSaeTraining | undefined;
  readonly schedules: readonly Schedule[];
  readonly choice: BackendChoice;
  readonly data: TrainingData;
  readonly dSae: number;
  readonly nSteps: number;
  readonly inputScale: number;
  close(): Promise<void>;
}

function scaleOf(inputScale: TrainerConfig["inputScale"], data: TrainingData): number {
  if (inputScale === "none") return 1;
  return inputScale === "unit" ? inputScaleFor(data.statistics) : inputScale;
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
  const data = await openTrainingData(config.activations, { ...options, seed: orderSeedOf(config) });
  try {
    const { dSae } = config.architecture;
    checkShape(built.architecture, { dIn: data.dIn, dSae }, layers);
    return {
      resolved,
      built,
      metaSae,
      schedules,
      choice,
      data,
      dSae,
      nSteps: stepsOf(config.trainer),
      inputScale: scaleOf(config.trainer.inputScale, data),
      close: () => data.close(),
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/** A new engine for a training, initialized from the seed's stream `init`. The caller disposes it. */
export async function createTrainingEngine(training: Training): Promise<SaeEngine> {
  const { choice, built, data, dSae, inputScale, resolved } = training;
  const random = createRandom(resolved.config.seed).stream("init");
  const sample = await data.sample({ random, inputScale });
  const options = { dIn: data.dIn, dSae, random, sample, precision: resolved.config.precision };
  if (training.metaSae !== undefined) return training.metaSae.createEngine(choice.backend, options);
  return choice.backend.createEngine({ ...options, architecture: built.architecture });
}
