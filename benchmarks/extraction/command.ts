import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type OnnxModelOnDisk, openOnnxModel } from "@plumbline/model-sources/node";
import { short, summarize } from "../engine/report/numbers.ts";
import { tableLines } from "../engine/report/table.ts";
import { UsageError } from "../engine/usage-error.ts";
import { sayMachine } from "../machine.ts";
import { type ExtractionOptions, extractionOptions } from "./options.ts";
import { openOurs, vocabularyOf } from "./our-sides.ts";
import { cutInPython, findPython, startPython } from "./python-side.ts";
import type { Side, Turn } from "./side.ts";

/** Turns of each side; the first round is warm-up, and another one begins each round. */
async function takeTurns(
  sides: readonly Side[],
  rounds: number,
): Promise<ReadonlyMap<Side, readonly Turn[]>> {
  const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [i] of sides.entries()) {
      const side = sides[(i + round) % sides.length];
      const turn = await side?.run();
      if (round > 0 && side !== undefined && turn !== undefined) turns.get(side)?.push(turn);
    }
  }
  return turns;
}

const meters = [
  ["wall", ({ wallMs }: Turn) => wallMs],
  ["CPU", ({ cpuMs }: Turn) => cpuMs],
] as const;

/** Tokens per second of wall and of CPU time, in the shortest turn and in the middle one. */
function speedRow(name: string, turns: readonly Turn[]): readonly string[] {
  const [nTokens] = turns.map((turn) => turn.nTokens);
  const perSecond = (ms: number): string => short(((nTokens ?? 0) * 1000) / ms);
  const cells = meters.flatMap(([, of]) => {
    const { min, median } = summarize(turns.map(of));
    return [perSecond(min), perSecond(median)];
  });
  return [name, ...cells];
}

/** How many times as fast `turns` are as `base`: the shortest, and the middle one of the rounds' ratios. */
function ratioRow(name: string, turns: readonly Turn[], base: readonly Turn[]): readonly string[] {
  const cells = meters.flatMap(([, of]) => {
    const [ours, theirs] = [turns.map(of), base.map(of)];
    const inRounds = ours.map((ms, round) => (theirs[round] ?? Number.NaN) / ms);
    return [summarize(theirs).min / summarize(ours).min, summarize(inRounds).median].map((x) => x.toFixed(3));
  });
  return [name, ...cells];
}

function report(turns: ReadonlyMap<Side, readonly Turn[]>): void {
  const found = [...turns].map(([{ name }, of]) => [name, of] as const);
  const [ours, stored, python] = ["Node", "Node, to a store", "Python"].map((name) =>
    new Map(found).get(name),
  );
  const heads = meters.flatMap(([name]) => [`${name} best`, `${name} median`]);
  const speeds = [["tokens/s", ...heads], ...found.map(([name, of]) => speedRow(name, of))];
  const ratios: (readonly string[])[] = [["times as fast", ...heads]];
  if (ours && python) ratios.push(ratioRow("Node / Python", ours, python));
  if (ours && stored) ratios.push(ratioRow("Node, to a store / Node", stored, ours));
  if (stored && python) ratios.push(ratioRow("Node, to a store / Python", stored, python));
  for (const line of ["", ...tableLines(speeds), "", ...tableLines(ratios)]) console.log(line);
}

/** Python on the part up to the hook point and, with `--whole`, on a graph that goes on to the logits. */
async function openPython(
  program: string,
  options: ExtractionOptions,
  about: { readonly model: OnnxModelOnDisk; readonly folder: string },
): Promise<readonly Side[]> {
  const { model, folder } = about;
  const tensor = model.tensorOf(options.hookPoint);
  const of = { tensor, nVocabulary: vocabularyOf(model) };
  const target = join(folder, "cut.onnx");
  await cutInPython(program, { file: model.file, tensor, target });
  const sides = [await startPython(program, options, { name: "Python", file: target, ...of })];
  if (!options.whole) return sides;
  const whole = { name: "Python, whole graph", file: model.file, ...of };
  return [...sides, await startPython(program, options, whole)];
}

async function measure(options: ExtractionOptions, model: OnnxModelOnDisk): Promise<void> {
  const { hookPoint, batch, length, threads, rounds, passes } = options;
  const tensor = model.tensorOf(hookPoint);
  const python = findPython(process.env);
  sayMachine();
  console.log(`model      ${model.file}, ${hookPoint} (${tensor})`);
  console.log(`a turn     ${passes} × ${batch} × ${length} tokens, threads ${threads}; ${rounds} rounds\n`);
  const folder = await mkdtemp(join(tmpdir(), "plumbline-extraction-"));
  const sides = [...(await openOurs(options, { model, folder }))];
  try {
    if ("skip" in python) console.log(`skipped: ${python.skip}`);
    else sides.push(...(await openPython(python.program, options, { model, folder })));
    for (const { name, description } of sides) console.log(`${name.padEnd(19)} ${description}`);
    report(await takeTurns(sides, rounds));
  } finally {
    for (const side of sides) await side.stop();
    await rm(folder, { recursive: true });
  }
}

/** `npm run -s bench -- extraction`: activations of a model by us and by ONNX Runtime in Python, in turns. */
export async function extractionBenchmark(argv: readonly string[]): Promise<number> {
  try {
    const options = extractionOptions(argv, process.env);
    if (typeof options === "string") {
      console.log(options);
      return 0;
    }
    const model = await openOnnxModel(resolve(options.model), { threads: options.threads });
    await measure(options, model).finally(() => model.close());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench extraction: ${error.message}`);
    return 2;
  }
}
