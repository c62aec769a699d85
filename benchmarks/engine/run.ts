import { type Case, cases, scalingCase } from "./cases.ts";
import { type Batches, writeBatches } from "./data/batches.ts";
import type { Verdict } from "./floors.ts";
import type { EngineBenchmarkOptions } from "./options.ts";
import { openParticipants, type Setting } from "./participants.ts";
import type { TorchPython } from "./processes/torch-python.ts";
import type { Sizes } from "./protocol.ts";
import { caseReport, type Report } from "./report/case-report.ts";
import { type ScalingResult, scalingReport } from "./report/scaling-report.ts";
import { type Measured, runRounds } from "./rounds.ts";
import { sizesText, type Workload } from "./workloads.ts";

/** Settings of Adam and of the penalties, the same on both sides. */
const training = { lr: 3e-4, l1: 0.01, l0: 0.01, bandwidth: 0.001 } as const;

/** Rounds of the scaling table, whose widest steps are long. */
const scalingRounds = 3;

/** What was measured, for `--json`. */
interface Result {
  readonly workload: string;
  readonly part: string;
  readonly sizes: Sizes;
  readonly threads: number;
  readonly measured: readonly Measured[];
}

/** A run of the benchmark: what it has found so far. */
export interface Run {
  readonly results: readonly Result[];
  readonly verdicts: readonly Verdict[];
  /** what did not run, each with its reason */
  readonly skipped: ReadonlySet<string>;
  /** what each of our engines ran on, by its name */
  readonly devices: ReadonlyMap<string, string>;
  /** measures what the options ask for at one workload, and prints its tables */
  workload(workload: Workload): Promise<void>;
}

export function createRun(given: {
  readonly options: EngineBenchmarkOptions;
  readonly pythons: readonly TorchPython[];
  /** for the batches */
  readonly folder: string;
  readonly skipped: readonly string[];
}): Run {
  const { options, pythons, folder } = given;
  const { threads, seed, instructionSet } = options;
  const results: Result[] = [];
  const verdicts: Verdict[] = [];
  const skipped = new Set(given.skipped);
  const devices = new Map<string, string>();

  const print = (report: Report): void => {
    for (const line of report.lines) console.log(line);
    verdicts.push(...report.verdicts);
  };
  const measure = async (
    one: Case,
    at: { workload: Workload; sizes: Sizes; batches: Batches; rounds: number },
  ): Promise<readonly Measured[]> => {
    const { sizes, batches, rounds } = at;
    const level = one.startsSparse ? batches.sparseThreshold : 0;
    const setting: Setting = {
      ...sizes,
      ...training,
      threads,
      seed,
      batches: batches.path,
      // Only one of the two makes it sparse; the other stays where it has no effect.
      encoderBias: one.architecture === "relu-l1" && one.startsSparse ? -level : 0,
      threshold: level > 0 ? level : training.bandwidth,
      ...(instructionSet === undefined ? {} : { instructionSet }),
    };
    console.error(`${at.workload.name} ${one.name}: ${sizesText(sizes)}, ${rounds} rounds …`);
    const { participants, skipped: absent } = await openParticipants(one, {
      setting,
      pythons,
      engines: options.engines,
    });
    const before = one.stepsBefore === undefined ? {} : { stepsBefore: one.stepsBefore };
    const { measured, failures } = await runRounds(participants, { works: one.works, rounds, ...before });
    for (const reason of [...absent, ...failures]) skipped.add(reason);
    for (const { engine, device } of measured) {
      if (engine !== undefined && device !== undefined) devices.set(engine, device);
    }
    results.push({ workload: at.workload.name, part: one.name, sizes, threads, measured });
    return measured;
  };
  const scaling = async (workload: Workload, batches: Batches): Promise<void> => {
    const found: ScalingResult[] = [];
    for (const dSae of workload.widths) {
      const rounds = Math.min(options.rounds ?? scalingRounds, scalingRounds);
      const at = { workload, sizes: { ...workload.sizes, dSae }, batches, rounds };
      found.push({ dSae, measured: await measure(scalingCase, at) });
    }
    if (found.length > 0) print(scalingReport({ workload, threads, results: found }));
  };
  const workload = async (workload: Workload): Promise<void> => {
    const { sizes } = workload;
    const { activations } = options;
    if (activations !== undefined && activations.dIn !== sizes.dIn) {
      skipped.add(
        `${workload.name}: rows of the activations have ${activations.dIn} numbers, not ${sizes.dIn}`,
      );
      return;
    }
    const batches = await writeBatches(folder, { sizes, seed, activations: activations?.path });
    const rounds = options.rounds ?? workload.rounds;
    for (const one of cases.filter(({ name }) => options.parts.includes(name))) {
      const measured = await measure(one, { workload, sizes, batches, rounds });
      print(caseReport({ workload, case: one, threads, measured }));
    }
    if (options.parts.includes(scalingCase.name)) await scaling(workload, batches);
  };
  return { results, verdicts, skipped, devices, workload };
}
