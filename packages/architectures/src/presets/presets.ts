import { createRegistry, type Registry } from "@plumbline/core";
import { dictionaryLearningPresets } from "./dictionary-learning.ts";
import type { Preset } from "./preset.ts";
import { saelensPresets } from "./saelens.ts";

/**
 * Recipes of the reference libraries by name, plus any of your own.
 *
 * @example
 * import { presets } from "@plumbline/architectures";
 *
 * const recipe = presets().get("dictionary-learning/topk").recipe({ dIn: 512, dSae: 16384, nSteps: 10_000 });
 * console.log(recipe.architecture.auxkCoefficient, recipe.trainer.clipNorm); // 0.03125 1
 */
export function presets(own: readonly Preset[] = []): Registry<Preset> {
  return createRegistry({ kind: "preset", specVersion: 1, nameOf: (preset) => preset.name }, [
    ...dictionaryLearningPresets,
    ...saelensPresets,
    ...own,
  ]);
}
