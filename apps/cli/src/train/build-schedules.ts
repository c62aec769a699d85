import { type Architecture, PlumblineError, type Schedule, unknownNameError } from "@plumbline/core";
import type { LayeredConfig } from "@plumbline/extract/config";
import type { MetaSaeTraining } from "@plumbline/meta-sae";
import { compositeSchedules, scheduleFromConfig } from "@plumbline/schedules";
import type { TrainConfig } from "./train-config.ts";

/** The learning rate; all other scalars are the architecture's. */
const learningRate = "lr";

/** The scalars that a key of the configuration's schedules supplies: itself, or what a composite schedule does. */
function suppliedBy(key: string): readonly string[] {
  return compositeSchedules.find(({ name }) => name === key)?.scalars ?? [key];
}

/** Refuses a key that supplies something the architecture does not take. */
function checkWanted(
  key: string,
  wanted: readonly string[],
  config: TrainConfig,
  layers: LayeredConfig,
): void {
  if (suppliedBy(key).every((scalar) => wanted.includes(scalar))) return;
  const composite = compositeSchedules
    .filter(({ scalars }) => scalars.every((scalar) => wanted.includes(scalar)))
    .map(({ name }) => name);
  throw unknownNameError({
    kind: "scalar",
    name: key,
    known: [...wanted, ...composite],
    from: `[cli] schedules of architecture ${config.architecture.name}`,
    where: `${layers.placeOf(`schedules.${key}`)}, key schedules.${key}`,
  });
}

/** Refuses a configuration that leaves out a scalar of the architecture. */
function checkComplete(wanted: readonly string[], config: TrainConfig, layers: LayeredConfig): void {
  const supplied = Object.keys(config.schedules).flatMap(suppliedBy);
  for (const name of wanted) {
    if (supplied.includes(name)) continue;
    const composite = compositeSchedules.find(({ scalars }) => scalars.includes(name))?.name;
    const whole =
      composite !== undefined && wanted.includes("p") ? `, or "${composite}" for all its scalars` : "";
    throw new PlumblineError({
      code: "missing-scalar",
      kind: "usage",
      message: `[cli] schedules: architecture "${config.architecture.name}" needs ${name}`,
      where: `${layers.placeOf("schedules")}, key schedules.${name}`,
      hint: `add "${name}" to schedules: a number, or a schedule ("plumbline list schedules")${whole}`,
    });
  }
}

/** Refuses a scalar of the meta SAE that is a number at one place and a schedule at another. */
function checkGivenOnce(optional: readonly string[], config: TrainConfig, layers: LayeredConfig): void {
  const given: Readonly<Record<string, unknown>> = { ...config.metaSae };
  const twice = optional.find((name) => name in config.schedules && given[name] !== undefined);
  if (twice === undefined) return;
  throw new PlumblineError({
    code: "duplicate-scalar",
    kind: "usage",
    message: `[cli] schedules: ${twice} is given in metaSae and in schedules`,
    where: `${layers.placeOf(`schedules.${twice}`)}, key schedules.${twice}`,
    hint: `keep one of metaSae.${twice} and schedules.${twice}`,
  });
}

/**
 * The schedules of a configuration: for `lr`, each scalar that the architecture declares, one by one or several by a composite
 * schedule such as `p-annealing`, and those that a meta SAE takes.
 *
 * @throws PlumblineError `unknown-scalar`, `missing-scalar`, `duplicate-scalar`, `bad-config`, each with its place
 */
export function buildSchedules<T>(
  config: TrainConfig,
  architecture: Architecture<T>,
  made: { readonly layers: LayeredConfig; readonly metaSae?: MetaSaeTraining | undefined },
): readonly Schedule[] {
  const { layers, metaSae } = made;
  const wanted = [learningRate, ...architecture.controls];
  const optional = metaSae?.optionalControls ?? [];
  checkGivenOnce(optional, config, layers);
  for (const key of Object.keys(config.schedules)) checkWanted(key, [...wanted, ...optional], config, layers);
  checkComplete(wanted, config, layers);
  return Object.entries(config.schedules).map(([key, given]) => {
    try {
      return scheduleFromConfig(key, typeof given === "number" ? { kind: "constant", value: given } : given);
    } catch (error) {
      throw layers.locate(error, `schedules.${key}`);
    }
  });
}
