import { basename } from "node:path";
import { type Output, shownBytes, shownCount } from "@plumbline/extract/terminal";
import { memoryEstimate } from "./memory-estimate.ts";
import type { Training } from "./open-training.ts";

/** What is about to happen, on stderr: widths, amount, backend and why, memory, where from. */
export function sayHeader(training: Training, context: { output: Output; run?: string }): void {
  const { output, run } = context;
  const { built, choice, data, dSae, nSteps, resolved, metaSae } = training;
  const { batchSize } = resolved.config.trainer;
  const { name, aligned } = resolved.config.architecture;
  const shape = { dIn: data.dIn, dSae, batchSize };
  const title = run === undefined ? "dry run" : basename(run);
  const what = `${aligned === false ? "" : "aligned "}${name}`;
  output.say(
    `${output.talkColors.bold(title)} · ${what} · ${data.dIn} → ${dSae} · ${shownCount(nSteps * batchSize)} tokens in ${nSteps} steps · memory about ${shownBytes(memoryEstimate(shape))}`,
  );
  output.say(`activations ${data.shown}`);
  output.say(`backend     ${choice.backend.name}, ${choice.probe.device} (${choice.why})`);
  if (metaSae !== undefined) {
    const meta = metaSae.metaOf(dSae);
    output.say(`meta SAE    ${meta.architecture.name} · ${data.dIn} → ${meta.dSae} on the decoder rows`);
  }
  for (const note of built.architecture.notes ?? []) output.say(`note        ${note}`);
}
