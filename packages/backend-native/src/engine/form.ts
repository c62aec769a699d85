import { type Architecture, type InferenceForm, inferenceForm, type NamedArray } from "@plumbline/core";
import type { CoreEngine } from "../core/core.ts";
import { arrayIds, counterFields } from "../core/layout.ts";
import { packageName } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";

const floats = async (core: CoreEngine, id: number): Promise<Float32Array> =>
  Float32Array.from(await core.read(id, "float32"));

/** Rows times (or divided by) one number each, in place. */
function scaleRows(rows: Float32Array, width: number, factor: (row: number) => number): void {
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) * factor(Math.floor(i / width));
}

/** Latents that were ranked by value times row norm: the same SAE with rows of norm 1 and latents that much larger. */
async function foldNorms(
  core: CoreEngine,
  made: { encoder: Float32Array; encoderBias: Float32Array; decoder: Float32Array; dIn: number },
): Promise<void> {
  const norms = await floats(core, arrayIds.decoderNorm);
  const norm = (row: number): number => norms[row] ?? 1;
  scaleRows(made.encoder, made.dIn, norm);
  scaleRows(made.encoderBias, 1, norm);
  scaleRows(made.decoder, made.dIn, (row) => (norm(row) > 0 ? 1 / norm(row) : 0));
}

async function thresholdOf(core: CoreEngine, plan: Plan, dSae: number): Promise<Float32Array | undefined> {
  if (plan.family === "jumprelu") return floats(core, arrayIds.theta);
  if (plan.family !== "batch-topk") return undefined;
  const counters = await core.readCounters();
  return new Float32Array(dSae).fill(counters[counterFields.indexOf("threshold")] ?? 0);
}

/** The effective SAE of a core engine at this moment. */
export async function formOf(
  core: CoreEngine,
  options: { architecture: Architecture<unknown>; plan: Plan; dIn: number; dSae: number },
): Promise<InferenceForm> {
  const { architecture, plan, dIn, dSae } = options;
  const made = {
    encoder: await floats(core, arrayIds.effectiveEncoder),
    encoderBias: await floats(core, arrayIds.value("encoderBias")),
    decoder: await floats(core, arrayIds.value("decoder")),
    decoderBias: await floats(core, arrayIds.value("decoderBias")),
  };
  if (plan.rankByNorm) await foldNorms(core, { ...made, dIn });
  const threshold = await thresholdOf(core, plan, dSae);
  const arrays: Record<string, NamedArray> = Object.fromEntries(
    Object.entries({ ...made, ...(threshold === undefined ? {} : { threshold }) }).map(([name, data]) => [
      name,
      { shape: [data.length], data },
    ]),
  );
  const rules = {
    topk: { kind: "topk", k: plan.k },
    relu: { kind: "relu" },
    "batch-topk": { kind: "jumprelu" },
    jumprelu: { kind: "jumprelu" },
  } as const;
  return inferenceForm(
    architecture,
    {
      arrays,
      subtractDecoderBias: plan.numbers.subtractDecoderBias !== 0,
      activation: rules[plan.family],
      dIn,
      dSae,
    },
    { from: packageName },
  );
}
