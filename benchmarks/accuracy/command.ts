import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { engineNames } from "../engine/engines.ts";
import { ourEnvironment, sourceWorker } from "../engine/processes/our-process.ts";
import { findTorch, torchEnvironment } from "../engine/processes/torch-python.ts";
import { tableLines } from "../engine/report/table.ts";
import { sizesText } from "../engine/workloads.ts";
import { sayMachine } from "../machine.ts";
import { runWithNumbers } from "../whole-numbers.ts";
import { accuracyCase, type CaseSettings, caseSettings, penalties } from "./case.ts";
import { errorRows, errorsOf, type Measured } from "./errors.ts";
import { type Answer, givenArrays, readGradients, settingsFile, writeArrays } from "./files.ts";
import { type StepGradients, stepInFloat64 } from "./reference.ts";

const flags = {
  "d-in": { fallback: 128, of: "dIn" },
  "d-sae": { fallback: 1024, of: "dSae" },
  batch: { fallback: 256, of: "tokens in the batch" },
  k: { fallback: 16, of: "latents that are kept, or fire, per token" },
  seed: { fallback: 1, of: "of data and parameters" },
} as const;

/** Who takes the steps, and how it is started. */
interface Participant {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const torchStep = fileURLToPath(new URL("torch_step.py", import.meta.url));

async function participants(): Promise<{ all: readonly Participant[]; skipped: readonly string[] }> {
  const [program, args] = sourceWorker(new URL("worker.ts", import.meta.url));
  const { found, skipped } = await findTorch();
  const ours = engineNames.map((name) => ({ name, program, args, environment: ourEnvironment(1) }));
  const torch = found.map(({ label, program }) => ({
    name: label,
    program,
    args: [torchStep],
    environment: { ...torchEnvironment(), OMP_NUM_THREADS: "1" },
  }));
  return { all: [...ours, ...torch], skipped };
}

async function answerOf({ name, program, args, environment }: Participant, folder: string): Promise<Answer> {
  try {
    const { stdout } = await promisify(execFile)(program, [...args, folder, name], { env: environment });
    return JSON.parse(stdout) as Answer;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    return { skip: stderr.trimEnd().split("\n").at(-1) || String(error) };
  }
}

/** Takes the steps in float64, and leaves for the participants what they start from. */
function prepare(folder: string, all: readonly CaseSettings[]): Record<string, StepGradients> {
  writeFileSync(join(folder, settingsFile), JSON.stringify(all.map((one) => ({ ...one, ...penalties }))));
  return Object.fromEntries(
    all.map((settings) => {
      const one = accuracyCase(settings);
      writeArrays(folder, settings, givenArrays(one));
      return [settings.name, stepInFloat64(one)];
    }),
  );
}

async function measure(folder: string, all: readonly CaseSettings[]): Promise<void> {
  const references = prepare(folder, all);
  const measured: Measured[] = [];
  const { all: who, skipped } = await participants();
  const lines: string[] = [];
  for (const participant of who) {
    const answer = await answerOf(participant, folder);
    if ("skip" in answer) {
      lines.push(`skipped: ${participant.name}: ${answer.skip}`);
      continue;
    }
    const taken = all.flatMap((settings) => {
      const [loss, reference] = [answer.losses[settings.name], references[settings.name]];
      if (loss === undefined || reference === undefined) return [];
      const names = Object.keys(reference.gradients);
      const gradients = readGradients(join(folder, participant.name), settings, names);
      return [[settings.name, errorsOf({ loss, gradients }, reference)] as const];
    });
    measured.push({ name: participant.name, errors: Object.fromEntries(taken) });
    lines.push(`${participant.name.padEnd(13)} ran on ${answer.device}`);
  }
  const names = all.map(({ name }) => name);
  for (const line of ["", ...tableLines(errorRows(measured, names)), "", ...lines]) console.log(line);
  for (const reason of skipped) console.log(`skipped: ${reason}`);
}

/** `npm run -s bench -- accuracy`: how far a step of each backend, and of PyTorch, is from the same step in float64. */
export function accuracyBenchmark(argv: readonly string[]): Promise<number> {
  const run = async (numbers: Readonly<Record<keyof typeof flags, number>>): Promise<void> => {
    const { "d-in": dIn, "d-sae": dSae, batch: batchSize, k, seed } = numbers;
    const sizes = { batchSize, dIn, dSae, k };
    sayMachine();
    console.log(`one step from the same state, against float64; ${sizesText(sizes)}, threads 1`);
    const folder = mkdtempSync(join(tmpdir(), "plumbline-accuracy-"));
    try {
      await measure(folder, caseSettings(sizes, seed));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return runWithNumbers({ name: "accuracy", flags, run }, argv);
}
