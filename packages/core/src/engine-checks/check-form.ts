import { PlumblineError } from "../errors/plumbline-error.ts";
import type { InferenceForm } from "../inference-form.ts";

/** What an {@link InferenceForm} may say of its activation rule; a form from a file may say anything. */
const knownRules: readonly string[] = ["relu", "topk", "jumprelu", "gated"];

function badInference(from: string, expected: string, got: number): PlumblineError {
  return new PlumblineError({
    code: "bad-inference",
    kind: "input",
    message: `[${from}] openInference(): expected ${expected}, got ${got}`,
    hint: "the checkpoint is incomplete or was not written for these widths",
  });
}

function checkFormWidths({ dIn, dSae }: InferenceForm, from: string): void {
  for (const [name, value] of Object.entries({ dIn, dSae })) {
    if (!Number.isInteger(value) || value < 1) throw badInference(from, `${name} of at least 1`, value);
  }
}

function checkLengths(form: InferenceForm, from: string): void {
  const { dIn, dSae } = form;
  const lengths = {
    encoder: dSae * dIn,
    encoderBias: dSae,
    decoder: dSae * dIn,
    decoderBias: dIn,
    ...(form.activation.kind === "jumprelu" ? { threshold: dSae } : {}),
  } as const;
  for (const [name, length] of Object.entries(lengths)) {
    const got = form[name as keyof typeof lengths]?.length ?? 0;
    if (got !== length) throw badInference(from, `${length} numbers in ${name}`, got);
  }
  if (form.activation.kind !== "gated") return;
  for (const name of ["magnitudeScale", "magnitudeBias"]) {
    const got = form.extra?.[name]?.data.length ?? 0;
    if (got !== dSae) throw badInference(from, `${dSae} numbers in ${name}`, got);
  }
}

/**
 * Refuses a form that cannot be computed from what it holds.
 *
 * @param caller.from name of the package that refuses, `engine-tfjs`
 * @throws PlumblineError `unsupported-activation` for a rule that only an architecture knows, `bad-inference` for widths,
 *   lengths or a k that do not fit each other
 * @example
 * import { checkForm, PlumblineError } from "@plumbline/core";
 *
 * const form = {
 *   dIn: 2,
 *   dSae: 3,
 *   encoder: new Float32Array(6),
 *   encoderBias: new Float32Array(3),
 *   decoder: new Float32Array(6),
 *   decoderBias: new Float32Array(2),
 *   subtractDecoderBias: true,
 *   activation: { kind: "topk", k: 4 },
 *   madeBy: { architecture: "topk", config: {} },
 * } as const;
 * try {
 *   checkForm(form, { from: "my-engine" });
 * } catch (error) {
 *   if (PlumblineError.isInstance(error)) console.log(error.what); // [my-engine] openInference(): expected k in 1 … 3, got 4
 * }
 */
export function checkForm(form: InferenceForm, caller: { from: string }): void {
  const { from } = caller;
  const rule = form.activation;
  if (!knownRules.includes(rule.kind)) {
    const owner = rule.kind === "custom" ? `architecture "${rule.architecture}"` : "a newer version";
    throw new PlumblineError({
      code: "unsupported-activation",
      kind: "usage",
      message: `[${from}] openInference(): expected one of ${knownRules.join(", ")}, got "${rule.kind}", which belongs to ${owner}`,
      hint: "make an engine of that architecture and import the training state instead",
    });
  }
  checkFormWidths(form, from);
  checkLengths(form, from);
  if (rule.kind === "topk" && !(Number.isInteger(rule.k) && rule.k >= 1 && rule.k <= form.dSae)) {
    throw badInference(from, `k in 1 … ${form.dSae}`, rule.k);
  }
}
