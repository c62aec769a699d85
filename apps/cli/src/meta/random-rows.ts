import { createRandom, fillNormal } from "@plumbline/core";
import type { ExplainedForm } from "./train-meta.ts";

/** As many rows of the same width, drawn from a normal distribution: directions without structure. */
export function randomRows({ dIn, dSae }: ExplainedForm, seed: number): ExplainedForm {
  const decoder = fillNormal(new Float32Array(dSae * dIn), createRandom(seed, "random-rows"));
  return { dIn, dSae, decoder };
}
