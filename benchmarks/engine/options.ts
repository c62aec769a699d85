import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { cases, scalingCase } from "./cases.ts";
import { type EngineName, engineNames } from "./engines.ts";
import { UsageError } from "./usage-error.ts";
import { workloads } from "./workloads.ts";

/** What the command was told. */
export interface EngineBenchmarkOptions {
  readonly quick: boolean;
  readonly torch: boolean;
  readonly threads: number;
  readonly seed: number;
  readonly rounds?: number;
  readonly workloads: readonly string[];
  readonly parts: readonly string[];
  /** which of ours take part, where a part has them */
  readonly engines: readonly EngineName[];
  readonly json?: string;
  readonly activations?: { readonly path: string; readonly dIn: number };
  readonly instructionSet?: string;
}

const partNames: readonly string[] = [...cases.map(({ name }) => name), scalingCase.name];
const workloadNames: readonly string[] = workloads.map(({ name }) => name);

export const usage: string = `npm run -s bench -- engine [options]

  --quick             W2 only, 3 rounds
  --only NAME         a workload (${workloadNames.join(", ")}) or a part
                      (${partNames.join(", ")}); may be repeated
  --engine NAME       one of ours, all by default; may be repeated:
                      ${engineNames.slice(0, 6).join(", ")},
                      ${engineNames.slice(6).join(", ")}
  --rounds N          measured rounds after the warm-up
  --threads N         threads of each engine, 1 by default
  --seed N            of data and parameters, 1 by default
  --activations FILE  raw float32 rows instead of synthetic ones; needs --width
  --width N           numbers in a row of that file
  --instruction-set S one that the native engine lists, the best one by default
  --no-torch          without PyTorch
  --json FILE         everything measured, as JSON`;

function positiveInteger(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UsageError(`--${flag}: expected a whole number from 1, got "${text}"`);
  }
  return value;
}

function chosenNames(only: readonly string[], quick: boolean): { workloads: string[]; parts: string[] } {
  const strange = only.find((name) => !workloadNames.includes(name) && !partNames.includes(name));
  if (strange !== undefined) {
    const known = [...workloadNames, ...partNames].join(", ");
    throw new UsageError(`--only: nothing is named "${strange}"; known: ${known}`);
  }
  const named = only.filter((name) => workloadNames.includes(name));
  const usual = workloads.filter(({ onlyOnRequest }) => !onlyOnRequest).map(({ name }) => name);
  const parts = only.filter((name) => partNames.includes(name));
  return {
    workloads: named.length > 0 ? named : quick ? ["W2"] : usual,
    parts: parts.length > 0 ? parts : [...partNames],
  };
}

function chosenEngines(names: readonly string[]): readonly EngineName[] {
  const strange = names.find((name) => !engineNames.some((known) => known === name));
  if (strange !== undefined) {
    throw new UsageError(`--engine: nothing is named "${strange}"; known: ${engineNames.join(", ")}`);
  }
  return engineNames.filter((name) => names.length === 0 || names.includes(name));
}

function activationsOf(path: string | undefined, width: string | undefined): object {
  if (path === undefined) return {};
  if (width === undefined) throw new UsageError("--activations: --width has to say how long a row is");
  if (!existsSync(path)) throw new UsageError(`--activations: there is no file ${path}`);
  return { activations: { path, dIn: positiveInteger(width, "width") } };
}

function rawValues(argv: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: "boolean", short: "h", default: false },
        quick: { type: "boolean", default: false },
        "no-torch": { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        engine: { type: "string", multiple: true, default: [] },
        rounds: text,
        threads: { type: "string", default: "1" },
        seed: { type: "string", default: "1" },
        activations: text,
        width: text,
        "instruction-set": text,
        json: text,
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): EngineBenchmarkOptions | "help" {
  const values = rawValues(argv);
  if (values.help) return "help";
  const { quick, json, "instruction-set": instructionSet } = values;
  const rounds = values.rounds ?? (quick ? "3" : undefined);
  return {
    quick,
    torch: !values["no-torch"],
    threads: positiveInteger(values.threads, "threads"),
    seed: positiveInteger(values.seed, "seed"),
    ...(rounds === undefined ? {} : { rounds: positiveInteger(rounds, "rounds") }),
    ...chosenNames(values.only, quick),
    engines: chosenEngines(values.engine),
    ...(json === undefined ? {} : { json }),
    ...activationsOf(values.activations, values.width),
    ...(instructionSet === undefined ? {} : { instructionSet }),
  };
}
