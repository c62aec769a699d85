import { resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { openTextModel, type TextModel } from "@plumbline/extract/model";
import type { Io, Output } from "@plumbline/extract/terminal";
import { type OpenedSplicedModel, openSplicedModel } from "@plumbline/model-sources";
import type { LoadedSae } from "../load-sae.ts";
import type { ModelFlags } from "./model-flags.ts";

/** Opens the model that flags name. @throws PlumblineError `no-model` */
export async function openFlaggedModel(
  flags: ModelFlags,
  { io, output }: { readonly io: Io; readonly output: Output },
  command: string,
): Promise<TextModel> {
  const { model, modelFile, provider, threads } = flags;
  if (model === undefined) {
    throw new PlumblineError({
      code: "no-model",
      kind: "usage",
      message: `[cli] ${command}: expected the language model that the SAE belongs to`,
      hint: "give its folder with --model",
    });
  }
  const session = { executionProviders: provider ?? ["cpu"], ...(threads === undefined ? {} : { threads }) };
  return openTextModel(
    { model, modelFile, session },
    { resolvePath: (path) => resolve(io.cwd, path), signal: io.signal, say: output.say },
  );
}

/** Where in the model an SAE belongs. @throws PlumblineError `no-hook-point` */
export function hookPointOf(sae: LoadedSae, flags: ModelFlags, command: string): string {
  const hookPoint = flags.hookPoint ?? sae.run?.activations.hookPoint;
  if (hookPoint !== undefined) return hookPoint;
  throw new PlumblineError({
    code: "no-hook-point",
    kind: "usage",
    message: `[cli] ${command}: nothing says at which hook point of the model the SAE belongs`,
    where: sae.checkpoint,
    hint: 'give it with --hook-point; "plumbline extract hooks <model>" lists those of a model',
  });
}

/** @throws PlumblineError `width-mismatch` where the activations there have another width than the SAE takes */
export function checkModelWidth(
  sae: LoadedSae,
  at: { readonly hookPoint: string; readonly dIn: number },
): void {
  if (at.dIn === sae.form.dIn) return;
  throw new PlumblineError({
    code: "width-mismatch",
    kind: "usage",
    message: `[cli] the SAE takes activations of dIn ${sae.form.dIn}, the model has ${at.dIn} at ${at.hookPoint}`,
    hint: "is it the right model and hook point?",
  });
}

/** The model cut at the SAE's hook point. The caller releases it. */
export async function openSpliced(
  { model, tokenizer }: TextModel,
  sae: LoadedSae,
  hookPoint: string,
): Promise<OpenedSplicedModel> {
  const padId = tokenizer.padId ?? 0;
  const spliced = await openSplicedModel(model, { hookPoint, padId });
  try {
    checkModelWidth(sae, spliced);
    return spliced;
  } catch (error) {
    await spliced.release();
    throw error;
  }
}
