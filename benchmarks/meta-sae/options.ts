import { parseArgs } from "node:util";
import { UsageError } from "../engine/usage-error.ts";
import type { Grid } from "./cells.ts";
import type { Setting } from "./train-cell.ts";

export const usage = `npm run -s bench -- meta-sae --train STORE --held-out STORE --out FOLDER [options]

  --train STORE      activations to learn from, as "npm run demo" leaves them
  --held-out STORE   activations to measure on
  --out FOLDER       where runs go; what is there already is not trained again
  --seeds N          3 by default
  --lambda2 LIST     weights of the penalty, 0,0.1,0.3,1 by default
  --sigma2 LIST      its widths, 0.3,1,3 by default
  --primary KIND     free, aligned or both (the default)
  --d-sae N          4096 by default
  --k N              32 by default
  --batch N          512 by default
  --steps N          400 by default
  --lr NUMBER        0.002 by default`;

const text = { type: "string" } as const;

function numbers(flag: string, list: string, isGood: (value: number) => boolean): readonly number[] {
  const values = list.split(",").map(Number);
  if (values.every((value) => Number.isFinite(value) && isGood(value))) return values;
  throw new UsageError(`--${flag}: got "${list}"`);
}

function whole(flag: string, given: string): number {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`--${flag}: expected a whole number from 1, got "${given}"`);
}

/** @returns what was asked for, or the usage where `--help` asks for it. @throws UsageError */
export function parseMetaSaeOptions(argv: readonly string[]): { grid: Grid; setting: Setting } | string {
  const names = [
    "train",
    "held-out",
    "out",
    "seeds",
    "lambda2",
    "sigma2",
    "primary",
    "d-sae",
    "k",
    "batch",
    "steps",
    "lr",
  ];
  let values: Readonly<Record<string, unknown>>;
  try {
    const options = Object.fromEntries(names.map((name) => [name, text]));
    values = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: "boolean", short: "h" } },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return usage;
  const given = (name: string, fallback?: string): string => {
    const value = values[name] ?? fallback;
    if (typeof value !== "string") throw new UsageError(`--${name} is missing`);
    return value;
  };
  const kinds: Readonly<Record<string, readonly boolean[]>> = {
    free: [false],
    aligned: [true],
    both: [false, true],
  };
  const aligned = kinds[given("primary", "both")];
  if (aligned === undefined)
    throw new UsageError(`--primary: expected free, aligned or both, got "${given("primary")}"`);
  return {
    grid: {
      aligned,
      seeds: whole("seeds", given("seeds", "3")),
      lambda2: numbers("lambda2", given("lambda2", "0,0.1,0.3,1"), (value) => value >= 0),
      sigma2: numbers("sigma2", given("sigma2", "0.3,1,3"), (value) => value > 0),
    },
    setting: {
      train: given("train"),
      heldOut: given("held-out"),
      out: given("out"),
      dSae: whole("d-sae", given("d-sae", "4096")),
      k: whole("k", given("k", "32")),
      batchSize: whole("batch", given("batch", "512")),
      steps: whole("steps", given("steps", "400")),
      lr: numbers("lr", given("lr", "0.002"), (value) => value > 0)[0] as number,
    },
  };
}
