import { PlumblineError } from "@plumbline/core";
import { type ExplainSettings, explainSettings } from "@plumbline/meta-sae";

/** Flags of `plumbline meta`. */
export interface MetaFlags {
  readonly latent?: readonly number[];
  readonly meta?: readonly number[];
  readonly top?: number;
  readonly dictionarySize?: number;
  readonly ratio?: number;
  readonly k?: number;
  readonly steps?: number;
  readonly lr?: number;
  readonly seed?: number;
  /** also explain as many random rows */
  readonly randomRows?: boolean;
  readonly backend?: string;
  readonly plugin?: readonly string[];
  readonly labels?: string;
  readonly out?: string;
}

function refuse(flag: string, expected: string, got: unknown): PlumblineError {
  return new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[cli] meta: expected ${expected}, got ${String(got)}`,
    where: flag,
    hint: '"plumbline meta --help" says what each flag takes',
  });
}

/**
 * What training a meta SAE on `dSae` decoder rows will do by these flags.
 *
 * @throws PlumblineError `bad-option`, with the flag
 */
export function settingsOf(flags: MetaFlags, dSae: number): ExplainSettings {
  const { top, dictionarySize, ratio, k, steps, lr, seed } = flags;
  if (dictionarySize !== undefined && ratio !== undefined)
    throw refuse("--dictionary-size, --ratio", "one of --dictionary-size and --ratio", "both");
  const counts = { "--top": top, "--dictionary-size": dictionarySize, "--k": k, "--steps": steps };
  for (const [flag, value] of Object.entries(counts)) {
    if (value !== undefined && value < 1) throw refuse(flag, `${flag} from 1`, value);
  }
  for (const [flag, value] of Object.entries({ "--ratio": ratio, "--lr": lr })) {
    if (value !== undefined && !(value > 0)) throw refuse(flag, `${flag} above 0`, value);
  }
  return explainSettings(
    {
      ...(dictionarySize === undefined ? {} : { dictionarySize }),
      ...(ratio === undefined ? {} : { ratio }),
      ...(k === undefined ? {} : { k }),
      ...(steps === undefined ? {} : { nSteps: steps }),
      ...(lr === undefined ? {} : { lr }),
      ...(seed === undefined ? {} : { seed }),
    },
    dSae,
  );
}

/**
 * The numbers that a flag asked for, each once.
 *
 * @param options `n`: how many there are
 * @throws PlumblineError `bad-option` where one is too large
 */
export function numbersOf(
  asked: readonly number[] | undefined,
  options: { readonly flag: string; readonly n: number; readonly what: string },
): readonly number[] {
  const { flag, n, what } = options;
  for (const number of asked ?? []) {
    if (number >= n) throw refuse(flag, `${flag} of 0 … ${n - 1}, the ${what}`, number);
  }
  return [...new Set(asked)];
}
