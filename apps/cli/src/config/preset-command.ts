import type { JsonObject } from "@plumbline/core";
import type { ActionContext } from "@plumbline/extract/terminal";
import { createRegistries } from "../registries.ts";

/** Flags of `plumbline config preset`. */
export interface PresetFlags {
  readonly dIn?: number;
  readonly dSae?: number;
  readonly steps?: number;
}

/** Sizes where the command line leaves them open; learning rates of some recipes depend on the dictionary's. */
const usual = { dIn: 768, dSae: 16_384, steps: 10_000 };

/** `plumbline config preset <name>`: a reference library's recipe, written out as a training configuration. */
export async function printPreset({ io, args, flags }: ActionContext<PresetFlags>): Promise<undefined> {
  const { dIn = usual.dIn, dSae = usual.dSae, steps: nSteps = usual.steps } = flags;
  const preset = createRegistries([]).presets.get(args[0] ?? "");
  const { architecture, trainer, schedules } = preset.recipe({ dIn, dSae, nSteps });
  const { name, ...own } = architecture;
  const config: JsonObject = {
    architecture: { name, dSae, ...own },
    activations: { store: "store" },
    trainer: { nSteps, ...trainer },
    schedules,
  };
  // A configuration is data and JSON already: the same with and without --json.
  io.stdout.write(`${JSON.stringify(config, undefined, 2)}\n`);
  return undefined;
}
