import { parseArgs } from "node:util";
import { UsageError } from "../engine/usage-error.ts";

/** What `npm run -s bench -- extraction` is told. */
export interface ExtractionOptions {
  /** folder of the model, or an .onnx file */
  readonly model: string;
  readonly hookPoint: string;
  /** sequences that go through the model at once */
  readonly batch: number;
  /** tokens of each */
  readonly length: number;
  readonly threads: number;
  /** counted rounds, after one of warm-up */
  readonly rounds: number;
  /** runs of the model in a turn */
  readonly passes: number;
  /** whether Python runs the whole graph too */
  readonly whole: boolean;
}

const numbers = {
  batch: { fallback: 8, of: "sequences that go through the model at once" },
  length: { fallback: 128, of: "tokens of each" },
  threads: { fallback: 2, of: "threads of ONNX Runtime on both sides" },
  rounds: { fallback: 9, of: "measured rounds after the warm-up" },
  passes: { fallback: 1, of: "runs of the model in a turn" },
} as const;

const usage = `npm run -s bench -- extraction [options]

  --model PATH       folder of an ONNX model, or its .onnx file; $PLUMBLINE_SMOLLM2 by default
  --hook-point NAME  where activations are read, blocks.14.hook_resid_post by default
${Object.entries(numbers)
  .map(([flag, { fallback, of }]) => `  ${`--${flag} N`.padEnd(18)} ${of}, ${fallback} by default`)
  .join("\n")}
  --whole            a turn more of Python, on a graph that is not cut

Python is $EXTRACTION_PYTHON, else that of tools/golden/make.sh onnx.`;

/**
 * @returns the options; or the usage, where `--help` asks for it
 * @throws UsageError
 */
export function extractionOptions(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): ExtractionOptions | string {
  const text = ["model", "hook-point", ...Object.keys(numbers)].map(
    (name) => [name, { type: "string" }] as const,
  );
  const options = {
    ...Object.fromEntries(text),
    help: { type: "boolean", short: "h" } as const,
    whole: { type: "boolean" } as const,
  };
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    values = parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return usage;
  const count = (flag: keyof typeof numbers): number => {
    const number = Number(values[flag] ?? numbers[flag].fallback);
    if (Number.isSafeInteger(number) && number >= 1) return number;
    throw new UsageError(`--${flag}: expected a whole number from 1, got "${String(values[flag])}"`);
  };
  const model = values.model ?? env.PLUMBLINE_SMOLLM2;
  if (typeof model !== "string" || model === "") {
    throw new UsageError(
      "which model? give --model, or make one with tools/smollm2/make.sh and set PLUMBLINE_SMOLLM2",
    );
  }
  return {
    model,
    hookPoint: String(values["hook-point"] ?? "blocks.14.hook_resid_post"),
    batch: count("batch"),
    length: count("length"),
    threads: count("threads"),
    rounds: count("rounds"),
    passes: count("passes"),
    whole: values.whole === true,
  };
}
