import { parseArgs } from "node:util";
import { UsageError } from "./engine/usage-error.ts";

/** A flag that takes a whole number from 1. */
export interface WholeNumberFlag {
  readonly fallback: number;
  /** what it is, for the usage */
  readonly of: string;
}

function usageOf(name: string, flags: Readonly<Record<string, WholeNumberFlag>>): string {
  const lines = Object.entries(flags).map(
    ([flag, { fallback, of }]) => `  ${`--${flag} N`.padEnd(12)} ${of}, ${fallback} by default`,
  );
  return [`npm run -s bench -- ${name} [options]`, "", ...lines].join("\n");
}

/**
 * Numbers of a benchmark that has nothing else to be told.
 *
 * @returns by flag; or the usage, where `--help` asks for it
 * @throws UsageError
 */
export function wholeNumbers<Flag extends string>(
  name: string,
  argv: readonly string[],
  flags: Readonly<Record<Flag, WholeNumberFlag>>,
): Readonly<Record<Flag, number>> | string {
  let values: Readonly<Record<string, unknown>>;
  try {
    const text = Object.keys(flags).map((flag) => [flag, { type: "string" }] as const);
    const options = { ...Object.fromEntries(text), help: { type: "boolean", short: "h" } as const };
    values = parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return usageOf(name, flags);
  const entries = (Object.entries(flags) as [Flag, WholeNumberFlag][]).map(([flag, { fallback }]) => {
    const number = Number(values[flag] ?? fallback);
    if (Number.isSafeInteger(number) && number >= 1) return [flag, number] as const;
    throw new UsageError(`--${flag}: expected a whole number from 1, got "${String(values[flag])}"`);
  });
  return Object.fromEntries(entries) as Record<Flag, number>;
}

/** Runs a benchmark of whole numbers: 0, or 2 for a usage error. */
export async function runWithNumbers<Flag extends string>(
  options: {
    readonly name: string;
    readonly flags: Readonly<Record<Flag, WholeNumberFlag>>;
    readonly run: (numbers: Readonly<Record<Flag, number>>) => Promise<void>;
  },
  argv: readonly string[],
): Promise<number> {
  try {
    const numbers = wholeNumbers(options.name, argv, options.flags);
    if (typeof numbers === "string") console.log(numbers);
    else await options.run(numbers);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench ${options.name}: ${error.message}`);
    return 2;
  }
}
