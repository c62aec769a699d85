import { parseArgs } from "node:util";
import { PlumblineError } from "@plumbline/core";

/** What `plumbline demo` can be told. */
export interface DemoOptions {
  /** folder to be made; `runs/demo-<time>` where absent */
  readonly out: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

export const usage = `Usage: plumbline demo [options]

Trains a free and an aligned sparse autoencoder on the residual stream of a real transformer (Universal Sentence Encoder
Lite), from text to table, in a few minutes on two cores.

Options:
  --out <folder>  where to write; must not exist (default: runs/demo-<time>)
  --quick         a few hundred tokens and a few steps: shows the way, measures nothing
  --json          end stdout with one JSON object of type "demo-result"
  -h, --help      this text
`;

/**
 * Reads the arguments that follow `plumbline demo`.
 *
 * @throws PlumblineError `bad-argument`
 */
export function parseOptions(argv: readonly string[]): DemoOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        out: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return { ...values, out: values.out };
  } catch (cause) {
    throw new PlumblineError({
      code: "bad-argument",
      kind: "usage",
      message: `[demo] parseOptions(): ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "see plumbline demo --help",
      cause,
    });
  }
}
