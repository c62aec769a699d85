import { dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant, DemoSettings } from "./settings.ts";
import type { Split } from "./texts.ts";

/** This package's built source plugin, seen from `src` and from `dist` alike. */
export const sourcePluginPath: string = fileURLToPath(new URL("../dist/source.js", import.meta.url));

/** A path as it is written into a file of `folder`: relative, with forward slashes. */
function portable(path: string, folder: string): string {
  const near = relative(folder, path).split(sep).join("/");
  return near.startsWith(".") ? near : `./${near}`;
}

/** Folder of the activations of one side, in the demo's folder. */
export const storeFolder = (split: Split): string => `activations/${split}`;

/**
 * What `plumbline extract` reads.
 *
 * @param options.file where it will stand
 */
export function extractConfig(settings: DemoSettings, options: { split: Split; file: string }): object {
  const { split, file } = options;
  const { hookPoint, seed, trainTokens, heldOutTokens } = settings;
  return {
    plugins: [portable(sourcePluginPath, dirname(file))],
    source: {
      name: "use-lite",
      hookPoint,
      split,
      nTokens: split === "train" ? trainTokens : heldOutTokens,
      seed,
    },
    out: storeFolder(split),
  };
}

/**
 * What `plumbline train` reads. All contestants have one seed, and with it the same order of tokens and the same decoder at
 * the start.
 */
export function trainConfig(settings: DemoSettings, contestant: Contestant): object {
  const { aligned, encoderInit, folder } = contestant;
  const { dSae, k, trainTokens, batchSize, lr, warmupSteps, decayFraction, seed } = settings;
  return {
    architecture: { name: "topk", k, dSae, ...(aligned ? { aligned } : { encoderInit }) },
    activations: { store: storeFolder("train") },
    trainer: { nTokens: trainTokens, batchSize, logEvery: 5 },
    schedules: { lr: { kind: "warmup-decay", peak: lr, warmupSteps, decayFraction } },
    seed,
    out: folder,
  };
}
