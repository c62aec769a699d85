import { PlumblineError } from "@plumbline/core";
import type { LatentEdit } from "@plumbline/model-sources";
import type { ModelFlags } from "../model/model-flags.ts";

/** Flags of `plumbline steer`. */
export interface SteerFlags extends ModelFlags {
  readonly prompt?: string;
  /** `latent=amount` */
  readonly add?: readonly string[];
  /** `latent=value` */
  readonly clamp?: readonly string[];
  /** `latent=factor` */
  readonly scale?: readonly string[];
  /** `latent` */
  readonly ablate?: readonly string[];
  readonly newTokens?: number;
  /** the most likely next tokens instead of text */
  readonly logits?: boolean;
  readonly top?: number;
  readonly temperature?: number;
  readonly seed?: number;
  /** leave the prompt as it is */
  readonly generatedOnly?: boolean;
  readonly backend?: string;
  readonly plugin?: readonly string[];
}

function refuse(flag: string, text: string, expected: string): PlumblineError {
  return new PlumblineError({
    code: "bad-edit",
    kind: "usage",
    message: `[cli] steer: expected ${expected}, got "${text}"`,
    where: `--${flag} ${text}`,
  });
}

function pair(flag: string, text: string): { latent: number; number: number } {
  const [, latent, number] = /^(\d+)=(.+)$/.exec(text) ?? [];
  const value = Number(number);
  if (latent !== undefined && number?.trim() !== "" && Number.isFinite(value)) {
    return { latent: Number(latent), number: value };
  }
  throw refuse(flag, text, "a latent and a number, as 12=4.5");
}

/**
 * The edits that flags ask for.
 *
 * @throws PlumblineError `bad-edit` where one is not understood, `no-edit` where there is none
 */
export function editsOf(flags: SteerFlags): LatentEdit[] {
  const { add = [], clamp = [], scale = [], ablate = [] } = flags;
  const edits: LatentEdit[] = [];
  for (const text of add) {
    const { latent, number } = pair("add", text);
    edits.push({ kind: "add", latent, amount: number });
  }
  for (const text of clamp) {
    const { latent, number } = pair("clamp", text);
    edits.push({ kind: "clamp", latent, value: number });
  }
  for (const text of scale) {
    const { latent, number } = pair("scale", text);
    edits.push({ kind: "scale", latent, factor: number });
  }
  for (const text of ablate) {
    if (!/^\d+$/.test(text)) throw refuse("ablate", text, "a latent, as 12");
    edits.push({ kind: "ablate", latent: Number(text) });
  }
  if (edits.length > 0) return edits;
  throw new PlumblineError({
    code: "no-edit",
    kind: "usage",
    message: "[cli] steer: expected a latent to change, got none",
    hint: "--add 12=20 moves along its direction, --clamp 12=5 sets it, --scale 12=2 multiplies it, --ablate 12 takes it out",
  });
}
