import { join } from "node:path";
import { loadInferenceForm, loadTrainingState } from "@plumbline/checkpoints/node";
import type { InferenceForm, Json } from "@plumbline/core";
import { shownNumber } from "@plumbline/extract/terminal";
import {
  type Distribution,
  directionStatistics,
  distributionOf,
  summarizeAlignment,
} from "@plumbline/metrics";
import { exists } from "../load-sae.ts";
import type { Inspection } from "./inspection.ts";

const levels = [0, 0.05, 0.5, 0.95, 1];

function row(name: string, distribution: Distribution): string[] {
  const at = (q: number): string => {
    const found = distribution.quantiles.find((quantile) => quantile.q === q);
    return shownNumber(found?.value, "undefined");
  };
  return [name, ...levels.map(at)];
}

function findProblems(form: InferenceForm): string[] {
  const problems: string[] = [];
  for (const name of ["encoder", "encoderBias", "decoder", "decoderBias", "threshold"] as const) {
    const count = form[name]?.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0) ?? 0;
    if (count > 0) problems.push(`${name} has ${count} values that are not finite`);
  }
  const { encoderNorms, decoderNorms } = directionStatistics(form);
  for (const [name, norms] of Object.entries({ encoder: encoderNorms, decoder: decoderNorms })) {
    const count = norms.filter((norm) => norm === 0).length;
    if (count > 0) problems.push(`${count} ${name} rows are zero: these latents do nothing`);
  }
  return problems;
}

function describe(form: InferenceForm): Record<string, Json> {
  const { activation } = form;
  return {
    "made by": form.madeBy.architecture,
    dIn: form.dIn,
    dSae: form.dSae,
    activation: activation.kind === "topk" ? `topk, k ${activation.k}` : activation.kind,
    "encoder input": form.subtractDecoderBias ? "x − decoderBias" : "x",
    config: JSON.stringify(form.madeBy.config),
  };
}

/** A checkpoint: the SAE's shape, norms and alignment, and whether training can go on from it. */
export async function inspectCheckpoint(path: string): Promise<Inspection> {
  const form = await loadInferenceForm(path);
  const problems = findProblems(form);
  const facts = describe(form);
  if (await exists(join(path, "trainer.json"))) {
    const { engine } = await loadTrainingState(path);
    facts["training state"] = `after ${engine.nSteps} steps`;
  } else facts["training state"] = "none: for inference only";
  const { alignmentScores, cosines, encoderNorms, decoderNorms } = directionStatistics(form);
  const over = (values: ArrayLike<number>) => distributionOf(Array.from(values), { levels });
  const alignment = summarizeAlignment(alignmentScores, { levels }).all.distribution;
  return {
    kind: "checkpoint",
    facts,
    table: {
      title: "over latents",
      rows: [
        ["", "min", "5 %", "median", "95 %", "max"],
        row("encoder norm", over(encoderNorms)),
        row("decoder norm", over(decoderNorms)),
        row("alignment score", alignment),
        row("cosine", over(cosines)),
      ],
    },
    problems,
  };
}
