import { type Architecture, PlumblineError, type Schedule, unknownNameError } from "@plumbline/core";
import type { LayeredConfig } from "@plumbline/extract/config";
import { scheduleFromConfig } from "@plumbline/schedules";
import type { TrainConfig } from "./train-config.ts";

/** The learning rate; all other scalars are the architecture's. */
const learningRate = "lr";

/**
 * The schedules of a configuration: one for `lr` and one for each scalar that the architecture declares.
 *
 * @throws PlumblineError `unknown-scalar`, `missing-scalar`, `bad-config`, each with its place
 */
export function buildSchedules<T>(
  config: TrainConfig,
  architecture: Architecture<T>,
  layers: LayeredConfig,
): readonly Schedule[] {
  const wanted = [learningRate, ...architecture.controls];
  for (const name of Object.keys(config.schedules)) {
    if (wanted.includes(name)) continue;
    throw unknownNameError({
      kind: "scalar",
      name,
      known: wanted,
      from: `[cli] schedules of architecture ${config.architecture.name}`,
      where: `${layers.placeOf(`schedules.${name}`)}, key schedules.${name}`,
    });
  }
  return wanted.map((name) => {
    const given = config.schedules[name];
    if (given === undefined) {
      throw new PlumblineError({
        code: "missing-scalar",
        kind: "usage",
        message: `[cli] schedules: architecture "${config.architecture.name}" needs ${name}`,
        where: `${layers.placeOf("schedules")}, key schedules.${name}`,
        hint: `add "${name}" to schedules: a number, or a schedule ("plumbline list schedules")`,
      });
    }
    try {
      return scheduleFromConfig(name, typeof given === "number" ? { kind: "constant", value: given } : given);
    } catch (error) {
      throw layers.locate(error, `schedules.${name}`);
    }
  });
}
