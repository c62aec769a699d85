import { resolve } from "node:path";
import { saveCheckpoint } from "@plumbline/checkpoints/node";
import { PlumblineError } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import { type ActionContext, shownNumber, shownPath } from "@plumbline/extract/terminal";
import { type ExplainSettings, wholesOf } from "@plumbline/meta-sae";
import { exists, type LoadedSae, loadSae, saeName } from "../load-sae.ts";
import { createRegistries } from "../registries.ts";
import { chooseBackend } from "../train/choose-backend.ts";
import { type MetaFlags, numbersOf, settingsOf } from "./check-flags.ts";
import type { Explained } from "./explained.ts";
import { latentText } from "./latent-text.ts";
import { metaEvent } from "./meta-event.ts";
import { metaLatentText } from "./meta-latent-text.ts";
import { randomRows } from "./random-rows.ts";
import { type Labels, readLabels } from "./read-labels.ts";
import { summaryText } from "./summary-text.ts";
import { trainMeta } from "./train-meta.ts";

/** Everything that can be refused before minutes of training. */
interface Asked {
  readonly sae: LoadedSae;
  readonly settings: ExplainSettings;
  readonly latents: readonly number[];
  readonly metas: readonly number[];
  readonly labels: Labels;
  /** folder to save the meta SAE in */
  readonly out: string | undefined;
}

async function ask({ io, flags, args }: ActionContext<MetaFlags>): Promise<Asked> {
  const sae = await loadSae(resolve(io.cwd, args[0] ?? ""));
  const { dSae } = sae.form;
  const settings = settingsOf(flags, dSae);
  const n = settings.dictionarySize;
  const latents = numbersOf(flags.latent, { flag: "--latent", n: dSae, what: "SAE's latents" });
  const metas = numbersOf(flags.meta, { flag: "--meta", n, what: "meta latents" });
  const at = flags.labels === undefined ? undefined : resolve(io.cwd, flags.labels);
  const labels: Labels =
    at === undefined ? new Map() : await readLabels(at, { dSae, shown: shownPath(at, io.cwd) });
  const out = flags.out === undefined ? undefined : resolve(io.cwd, flags.out);
  if (out !== undefined && (await exists(out))) {
    throw new PlumblineError({
      code: "output-exists",
      kind: "usage",
      message: "[cli] meta: the output exists already",
      where: shownPath(out, io.cwd),
      hint: "choose another --out",
    });
  }
  return { sae, settings, latents, metas, labels, out };
}

/** The first line: what is explained, by what, how well. */
function headText({ sae, settings }: Asked, { explanation }: Explained, bold: (text: string) => string) {
  const { architecture, dictionarySize, k, nSteps, seed } = settings;
  const { value } = explanation.explainedVariance;
  return [
    bold(saeName(sae)),
    `${sae.form.dSae} latents as sums of ${dictionarySize} meta latents`,
    `explained variance ${shownNumber(value)}`,
    `${architecture.name}, k ${k}, ${nSteps} steps, seed ${seed}`,
  ].join(" · ");
}

/** `plumbline meta <run|checkpoint>`: which meta latents make up a latent, and which latents a meta latent is part of. */
export async function meta(context: ActionContext<MetaFlags>): Promise<undefined> {
  const { io, output, flags } = context;
  const asked = await ask(context);
  const { sae, settings, latents, metas, labels, out } = asked;
  const { architecture, dictionarySize, k, nSteps, batchSize } = settings;
  const registries = createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd));
  const { backend, why } = await chooseBackend(flags.backend ?? "auto", registries, architecture);
  output.say(
    `meta · ${shownPath(sae.checkpoint, io.cwd)} · decoder rows ${sae.form.dSae} × ${sae.form.dIn} → ${dictionarySize} meta latents · ${architecture.name}, k ${k} · ${nSteps} steps of ${batchSize} rows · ${backend.name} (${why})`,
  );
  const training = { io, output, backend, settings };
  const explanation = await trainMeta(sae.form, training);
  if (out !== undefined) await saveCheckpoint(out, { form: explanation.form });
  const wholes = wholesOf(explanation.latents);
  const random =
    flags.randomRows === true
      ? (await trainMeta(randomRows(sae.form, settings.seed), { ...training, what: "random rows" }))
          .explainedVariance
      : undefined;
  const explained: Explained = { explanation, random, wholes, labels, top: flags.top ?? 10 };
  const details = [
    ...latents.map((latent) => latentText(explained, latent)),
    ...metas.map((number) => metaLatentText(explained, number)),
  ];
  const body = details.length === 0 ? summaryText(explained) : `\n${details.join("\n\n")}`;
  output.data(`${headText(asked, explained, output.colors.bold)}\n${body}`);
  output.event(
    metaEvent(explanation, { sae: saeName(sae), settings, backend: backend.name, out: flags.out, random }),
  );
  if (out !== undefined) output.say(`meta SAE: ${shownPath(out, io.cwd)}`);
  return undefined;
}
