import { type InferenceForm, PlumblineError } from "@plumbline/core";
import { badInference } from "./errors.ts";

/** What an {@link InferenceForm} may say of its activation rule; a form from a file may say anything. */
const knownRules: readonly string[] = ["relu", "topk", "jumprelu", "gated"];

function checkWidths({ dIn, dSae }: InferenceForm): void {
  for (const [name, value] of Object.entries({ dIn, dSae })) {
    if (!Number.isInteger(value) || value < 1) throw badInference(`${name} of at least 1`, `${value}`);
  }
}

function checkLengths(form: InferenceForm): void {
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
    if (got !== length) throw badInference(`${length} numbers in ${name}`, `${got}`);
  }
  if (form.activation.kind !== "gated") return;
  for (const name of ["magnitudeScale", "magnitudeBias"]) {
    const got = form.extra?.[name]?.data.length ?? 0;
    if (got !== dSae) throw badInference(`${dSae} numbers in ${name}`, `${got}`);
  }
}

/**
 * Refuses a form that cannot be computed.
 *
 * @throws PlumblineError `unsupported-activation` for a rule that only an architecture knows, `bad-inference` for the rest
 */
export function checkForm(form: InferenceForm): void {
  const rule = form.activation;
  if (!knownRules.includes(rule.kind)) {
    const owner = rule.kind === "custom" ? `architecture "${rule.architecture}"` : "a newer version";
    throw new PlumblineError({
      code: "unsupported-activation",
      kind: "usage",
      message: `[engine-tfjs] openInference(): expected one of ${knownRules.join(", ")}, got "${rule.kind}", which belongs to ${owner}`,
      hint: "make an engine of that architecture and import the training state instead",
    });
  }
  checkWidths(form);
  checkLengths(form);
  if (rule.kind === "topk" && !(Number.isInteger(rule.k) && rule.k >= 1 && rule.k <= form.dSae)) {
    throw badInference(`k in 1 … ${form.dSae}`, `${rule.k}`);
  }
}
