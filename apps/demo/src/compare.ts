import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommandContext, runCommand } from "./commands.ts";
import { storeFolder } from "./configs.ts";
import type { DemoFiles } from "./demo-folder.ts";
import { indexTokens, topTokens } from "./held-out-tokens.ts";
import { inParallel } from "./in-parallel.ts";
import { latestCheckpoint, measurementOf } from "./measurements.ts";
import { latentsText, type Result } from "./report.ts";
import { readSequences } from "./sequences.ts";
import { type Contestant, contestants, type DemoSettings } from "./settings.ts";
import type { Split } from "./texts.ts";
import { pickLatents } from "./top-tokens.ts";

/** An SAE of the comparison, measured, with where everything about it lies. */
export interface Trained extends Result {
  readonly files: {
    readonly config: string;
    readonly run: string;
    readonly log: string;
    readonly checkpoint: string;
    readonly evaluation: string;
  };
}

/** What the stages of the demo share. */
export interface Stage extends CommandContext {
  readonly files: DemoFiles;
  readonly settings: DemoSettings;
}

const storeOf = (split: Split, { files }: Stage): string => join(files.folder, storeFolder(split));

/** Extracts both sides at once, each on a core. */
export async function extractBoth(stage: Stage): Promise<void> {
  const splits: readonly Split[] = ["train", "held-out"];
  await inParallel(
    splits.map(
      (split) => (signal) =>
        runCommand(["extract", stage.files.extraction(split)], `extract ${split}`, { ...stage, signal }),
    ),
    { limit: splits.length, signal: stage.signal },
  );
}

async function trainOne(contestant: Contestant, stage: Stage): Promise<string> {
  const config = stage.files.training(contestant.folder);
  return runCommand(["train", config], contestant.title, stage);
}

async function evaluateOne(contestant: Contestant, stage: Stage): Promise<Trained> {
  const run = join(stage.files.folder, contestant.folder);
  const args = ["eval", run, "--activations", storeOf("held-out", stage), "--json"];
  const output = await runCommand(args, contestant.title, stage);
  const evaluation = `${run}-eval.json`;
  await writeFile(evaluation, output);
  const log = join(run, "metrics.ndjson");
  const config = stage.files.training(contestant.folder);
  return {
    contestant,
    measurement: measurementOf(output, await readFile(log, "utf8")),
    files: { config, run, log, checkpoint: await latestCheckpoint(run), evaluation },
  };
}

/**
 * Trains all contestants at once, then measures them all at once: whatever else the machine does, it does to each of them
 * alike, and so their times per step compare.
 */
export async function trainAndEvaluate(stage: Stage): Promise<Trained[]> {
  const all = { limit: contestants.length, signal: stage.signal };
  await inParallel(
    contestants.map((contestant) => (signal) => trainOne(contestant, { ...stage, signal })),
    all,
  );
  return inParallel(
    contestants.map((contestant) => (signal) => evaluateOne(contestant, { ...stage, signal })),
    all,
  );
}

/** Which tokens fire a few latents of each of the two SAEs that differ in alignment only. */
export async function describeLatents(results: readonly Trained[], stage: Stage): Promise<string> {
  const { settings, signal } = stage;
  const { heldOutTokens: nTokens, seed, shownLatents, shownFromFirings } = settings;
  const sequences = await readSequences({ split: "held-out", nTokens, seed });
  const store = storeOf("held-out", stage);
  const { placeOf } = indexTokens(sequences);
  const texts: string[] = [];
  for (const { contestant, files } of results.filter((result) => result.contestant.key !== "freeSmallInit")) {
    const all = await topTokens({ checkpoint: files.checkpoint, store, sequences, nTop: 3, signal });
    const picked = pickLatents(all, { n: shownLatents, minFirings: shownFromFirings });
    texts.push(latentsText(picked, { title: contestant.title, nTokens, placeOf }));
  }
  return texts.join("\n");
}

/** The result as one line of JSON; paths as they were given, or from the current folder. */
export function resultLine(results: readonly Trained[], stage: Stage): string {
  const sides = results.map(({ contestant, measurement, files }) => [
    contestant.key,
    { ...measurement, files },
  ]);
  const activations = { train: storeOf("train", stage), heldOut: storeOf("held-out", stage) };
  const { folder } = stage.files;
  return `${JSON.stringify({ type: "demo-result", v: 1, ...Object.fromEntries(sides), folder, activations })}\n`;
}
