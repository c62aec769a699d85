import { basename } from "node:path";
import { type Io, type Output, shownBytes, shownCount, shownPath } from "@plumbline/extract/terminal";
import { memoryEstimate } from "./memory-estimate.ts";
import type { Training } from "./open-training.ts";

/** What is about to happen, on stderr: widths, amount, backend and why, memory, where from. */
export function sayHeader(training: Training, context: { io: Io; output: Output; run?: string }): void {
  const { io, output, run } = context;
  const { built, choice, store, dSae, nSteps, resolved, metaSae } = training;
  const { batchSize } = resolved.config.trainer;
  const { name, aligned } = resolved.config.architecture;
  const shape = { dIn: store.dIn, dSae, batchSize };
  const title = run === undefined ? "dry run" : basename(run);
  const what = `${aligned === false ? "" : "aligned "}${name}`;
  output.say(
    `${output.talkColors.bold(title)} · ${what} · ${store.dIn} → ${dSae} · ${shownCount(nSteps * batchSize)} tokens in ${nSteps} steps · memory about ${shownBytes(memoryEstimate(shape))}`,
  );
  output.say(`activations ${shownPath(resolved.config.activations.store, io.cwd)} (${store.nRows} rows)`);
  output.say(`backend     ${choice.backend.name}, ${choice.probe.device} (${choice.why})`);
  if (metaSae !== undefined) {
    const meta = metaSae.metaOf(dSae);
    output.say(`meta SAE    ${meta.architecture.name} · ${store.dIn} → ${meta.dSae} on the decoder rows`);
  }
  for (const note of built.architecture.notes ?? []) output.say(`note        ${note}`);
}
