import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { type LayeredConfig, layerConfig, loadConfigDocument } from "@plumbline/extract/config";
import type { Io } from "@plumbline/extract/terminal";
import { type ActivationsConfig, type TrainConfig, trainConfigSchema } from "./train-config.ts";

/** Flags of `plumbline train`. */
export interface TrainFlags {
  readonly set?: readonly string[];
  readonly activations?: string;
  readonly backend?: string;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly dryRun?: boolean;
  readonly control?: boolean;
}

/** A configuration with its origin. */
export interface ResolvedTrainConfig {
  readonly config: TrainConfig;
  readonly layers: LayeredConfig;
  /** where relative plugin paths start from */
  readonly folder: string;
}

/** Keys that hold paths. */
const paths = ["activations.store", "activations.live", "out"];

/** One of the two says how long to train: the later layer's word counts. */
const rivals = [
  ["trainer.nTokens", "trainer.nSteps"],
  ["activations.store", "activations.live"],
] as const;

/**
 * Reads a training configuration: file, then `--set`, then flags; later ones win.
 *
 * @param path of the file, from `io.cwd`
 * @throws PlumblineError of kind usage that names file and line, or the flag
 */
export async function resolveTrainConfig(
  path: string,
  options: { flags: TrainFlags; io: Io },
): Promise<ResolvedTrainConfig> {
  const { flags, io } = options;
  const document = await loadConfigDocument(path, io.cwd);
  const layers = layerConfig({
    document,
    cwd: io.cwd,
    set: flags.set,
    flags: {
      "activations.store": { flag: "--activations", value: flags.activations },
      backend: { flag: "--backend", value: flags.backend },
      seed: { flag: "--seed", value: flags.seed },
      "trainer.nTokens": { flag: "--max-tokens", value: flags.maxTokens },
      out: { flag: "--out", value: flags.out },
    },
    paths,
    rivals,
  });
  return { config: layers.parse(trainConfigSchema, "[cli] config"), layers, folder: document.folder };
}

/** A path as it is written into a file of `folder`: relative, with forward slashes. */
function portable(path: string, folder: string): string {
  const near = relative(folder, path).split(sep).join("/");
  return near.startsWith(".") ? near : `./${near}`;
}

/**
 * The configuration as it is kept with a run: everything filled in, paths relative to the run's folder, so that the file is a
 * configuration itself.
 */
export function portableConfig(
  resolved: ResolvedTrainConfig,
  options: { run: string; architecture: TrainConfig["architecture"] },
): Omit<TrainConfig, "out" | "$schema"> {
  const { $schema: _, out: __, ...config } = resolved.config;
  return {
    ...config,
    architecture: options.architecture,
    activations: portableActivations(config.activations, options.run),
    plugins: config.plugins.map((name) =>
      name.startsWith(".") || isAbsolute(name)
        ? portable(isAbsolute(name) ? name : join(resolved.folder, name), options.run)
        : name,
    ),
  };
}

function portableActivations(config: ActivationsConfig, run: string): ActivationsConfig {
  const { store, live } = config;
  return {
    ...config,
    ...(store === undefined ? {} : { store: portable(store, run) }),
    ...(live === undefined ? {} : { live: portable(live, run) }),
  };
}

/** Where a run goes when nobody says: `runs/topk-4096-s0`, with `aligned-` in front where it is. */
export function defaultRunFolder(config: TrainConfig, cwd: string): string {
  const { name, dSae, aligned } = config.architecture;
  return join(cwd, "runs", `${aligned === false ? "" : "aligned-"}${name}-${dSae}-s${config.seed}`);
}

/** Seed of the order in which activations come. */
export function orderSeedOf({ activations, seed }: TrainConfig): number {
  return activations.seed ?? seed;
}

/** Steps that the configuration asks for. */
export function stepsOf({ nSteps, nTokens, batchSize }: TrainConfig["trainer"]): number {
  return nSteps ?? Math.ceil((nTokens ?? 0) / batchSize);
}

/** Keys that a resumed run may give anew: they do not change what is learned. */
const freeOnResume = [
  "activations.store",
  "activations.live",
  "checkpoints",
  "trainer.logEvery",
  "out",
  "backend",
  "plugins",
  "$schema",
];

function flatten(value: unknown, prefix = ""): [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [[prefix, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, prefix === "" ? key : `${prefix}.${key}`),
  );
}

/**
 * Refuses a configuration that would make a resumed run another run.
 *
 * @throws PlumblineError `config-differs`, listing the keys
 */
export function checkSameConfig(was: object, is: object, where: string): void {
  const before = new Map(flatten(was));
  const after = new Map(flatten(is));
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) =>
      before.get(key) !== after.get(key) &&
      !freeOnResume.some((free) => key === free || key.startsWith(`${free}.`)),
  );
  if (differing.length === 0) return;
  const list = differing.map(
    (key) => `${key}: ${before.get(key) ?? "absent"} → ${after.get(key) ?? "absent"}`,
  );
  throw new PlumblineError({
    code: "config-differs",
    kind: "usage",
    message: `[cli] train --resume: the configuration is not the run's (${list.join("; ")})`,
    where,
    hint: "resume without these changes, or start a new run",
  });
}

/** Folder of the run to resume, from the command line. */
export function runOf(path: string): string {
  return path.endsWith("config.json") ? dirname(path) : path;
}
