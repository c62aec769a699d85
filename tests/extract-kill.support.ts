import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "@plumbline/core";
import { type ExtractProgram, makeModel, someText } from "./extract-program.support.ts";

/** What an extraction was at when it was killed, by what it left. */
export const phases = [
  "starting, nothing on the disk",
  "before the first shard",
  "between shards",
  "resumed, before a new shard",
  "finishing, all shards there",
  "finished, journal there",
  "finished, all done",
] as const;

export type Phase = (typeof phases)[number];

const hookPoints = ["blocks.0.hook_resid_post", "blocks.1.hook_mlp_out"];
const nWords = 4000;
/** 4160 tokens, one of 32 being a BOS: 21 shards, the last one short. */
export const nShards = 21;

/** An extraction that can be killed, and what it gives undisturbed. */
export interface KillScene {
  readonly cwd: string;
  readonly program: ExtractProgram;
  /** by file, of the undisturbed run */
  readonly whole: Readonly<Record<string, string>>;
  readonly wholeMs: number;
  /** from the first file after the last shard to the end of the process */
  readonly finishMs: number;
}

/** SHA-256 of every file below a folder. */
export async function hashesOf(folder: string): Promise<Record<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const entries = paths.sort().map(async (path) => {
    const sha256 = createHash("sha256").update(await readFile(path));
    return [path.slice(folder.length + 1), sha256.digest("hex")] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Complete shards that the journal beside `out` names; undefined where there is no journal. */
function shardsIn(out: string): number | undefined {
  try {
    const lines = readFileSync(join(`${out}.partial`, "progress.ndjson"), "utf8").split("\n").length - 1;
    return lines === 0 ? undefined : lines - 1;
  } catch {
    return undefined;
  }
}

/** Whether the file that follows the last shard is being written. */
function isFinishing(out: string): boolean {
  try {
    const names = readdirSync(join(`${out}.partial`, "output", hookPoints[0] ?? ""));
    return names.some((name) => name.startsWith("statistics"));
  } catch {
    // Before the folder is there, and after it has become the output.
    return existsSync(out);
  }
}

async function until(condition: () => boolean, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !condition()) await wait(1);
}

/** Makes a model, a text and a configuration in `cwd`, and runs them undisturbed. */
export async function makeScene(program: ExtractProgram, cwd: string): Promise<KillScene> {
  await mkdir(cwd, { recursive: true });
  await makeModel(join(cwd, "model"));
  await writeFile(join(cwd, "text.jsonl"), someText(nWords));
  const source = {
    name: "onnx",
    model: "model",
    hookPoints,
    text: { path: "text.jsonl" },
    tokens: { contextLength: 32 },
    session: { threads: 1 },
    perRun: 4,
  };
  await writeFile(join(cwd, "c.json"), JSON.stringify({ source, rowsPerShard: 200 }));
  const out = join(cwd, "whole");
  const start = performance.now();
  const { end } = program.start(["c.json", "--out", "whole"], { cwd });
  await until(() => isFinishing(out), end);
  const finishing = performance.now();
  const { exitCode, err } = await end;
  if (exitCode !== 0) throw new Error(`the undisturbed extraction failed: ${err}`);
  const whole = await hashesOf(out);
  if (Object.keys(whole).length !== hookPoints.length * (nShards + 2)) {
    throw new Error(`expected ${nShards} shards, statistics and a manifest at each of 2 hook points`);
  }
  const now = performance.now();
  return { cwd, program, whole, wholeMs: now - start, finishMs: now - finishing };
}

/** Waits for a random moment: of the process's life, after some shards, or of its last steps. */
async function randomMoment(
  scene: KillScene,
  out: string,
  random: Random,
  end: Promise<unknown>,
): Promise<void> {
  const kind = random.uniform();
  if (kind < 0.3) {
    // The first half of it is the start, or reading again what is there.
    await wait(random.uniform() * 0.6 * scene.wholeMs);
  } else if (kind < 0.85) {
    const wanted = (shardsIn(out) ?? 0) + 1 + Math.floor(random.uniform() * 6);
    await until(() => (shardsIn(out) ?? -1) >= wanted || existsSync(out), end);
    await wait(random.uniform() * 15);
  } else {
    await until(() => isFinishing(out), end);
    await wait(random.uniform() * scene.finishMs);
  }
}

function phaseOf(out: string, before: number | undefined): Phase {
  const shards = shardsIn(out);
  if (existsSync(out)) return shards === undefined ? "finished, all done" : "finished, journal there";
  if (shards === undefined) return "starting, nothing on the disk";
  if (shards === nShards) return "finishing, all shards there";
  if (before !== undefined && before > 0 && shards === before) return "resumed, before a new shard";
  return shards === 0 ? "before the first shard" : "between shards";
}

/**
 * One extraction that is killed again and again, at most `maxKills` times, and goes on with `--resume` until it is done.
 *
 * @returns what each kill hit
 * @throws Error where it ends otherwise than by the kill, or with other bytes than undisturbed
 */
export async function killAndResume(
  scene: KillScene,
  options: { readonly name: string; readonly random: Random; readonly maxKills: number },
): Promise<readonly Phase[]> {
  const { name, random, maxKills } = options;
  const { cwd, program } = scene;
  const out = join(cwd, name);
  const hit: Phase[] = [];
  for (;;) {
    const before = shardsIn(out);
    const { child, end } = program.start(["c.json", "--out", name, "--resume"], { cwd });
    if (hit.length < maxKills) {
      await randomMoment(scene, out, random, end);
      child.kill("SIGKILL");
    }
    const { exitCode, signal, err } = await end;
    if (exitCode === 0) break;
    if (signal !== "SIGKILL") throw new Error(`after ${hit.join("; ")}: exit code ${exitCode}: ${err}`);
    const phase = phaseOf(out, before);
    hit.push(phase);
    if (phase === "finished, all done") {
      // Nothing is left to be resumed; the kill may have come before the empty folder went.
      if (existsSync(`${out}.partial`)) await rmdir(`${out}.partial`);
      break;
    }
  }
  const [found, expected] = [await hashesOf(out), scene.whole];
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  const different = names.filter((file) => found[file] !== expected[file]);
  const left = (await readdir(cwd)).filter((file) => file.startsWith(`${name}.`));
  if (different.length + left.length > 0) {
    throw new Error(`after ${hit.join("; ")}: different ${different.join(", ")}; left ${left.join(", ")}`);
  }
  await rm(out, { recursive: true });
  return hit;
}
