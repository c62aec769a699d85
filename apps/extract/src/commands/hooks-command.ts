import { basename, resolve } from "node:path";
import { type OnnxGraphModel, openCapture, probeImage, probeTokens } from "@plumbline/model-sources";
import { openModel } from "../model/open-text-model.ts";
import type { ActionContext } from "../terminal/program.ts";
import { shownPath } from "../terminal/shown-path.ts";
import { textTable } from "../terminal/text-table.ts";

/** Flags of `hooks`. */
export interface HooksFlags {
  readonly modelFile?: string;
  /** tensors without a name too */
  readonly all?: boolean;
}

interface Hook {
  readonly name: string | null;
  readonly tensor: string;
  readonly dIn: number | null;
  readonly dtype: string | null;
}

/** Hook points with the widths that a trial run shows. */
async function namedHooks(model: OnnxGraphModel, config: Readonly<Record<string, unknown>>): Promise<Hook[]> {
  const { hookPoints } = model;
  if (hookPoints.length === 0) return [];
  const probe =
    model.ends.input === "pixel_values" ? probeImage(Number(config.image_size) || 224) : probeTokens;
  const capture = await openCapture(model, { hookPoints: hookPoints.map(({ name }) => name), probe });
  await capture.release();
  return hookPoints.map(({ name, tensor }, i) => ({
    name,
    tensor,
    dIn: capture.hooks[i]?.dIn ?? null,
    dtype: capture.elementTypes[i] ?? null,
  }));
}

function unnamedTensors({ graph, hookPoints }: OnnxGraphModel): Hook[] {
  const named = new Set(hookPoints.map(({ tensor }) => tensor));
  const tensors = graph.nodes.flatMap(({ outputs }) => outputs);
  return tensors
    .filter((tensor) => tensor !== "" && !named.has(tensor))
    .map((tensor) => ({ name: null, tensor, dIn: null, dtype: null }));
}

/** Why a model has no hook points with names, where the graph shows it. */
function whyNone({ graph }: OnnxGraphModel): string {
  const branches = graph.nodes.some(({ opType }) => opType === "If");
  return branches
    ? "the graph runs inside an If, as in decoder_model_merged.onnx; use decoder_model.onnx or model.onnx"
    : "no residual stream was found; tensors can be read by their own names, which --all lists";
}

/** `plumbline-extract hooks <model>`: the places whose activations can be read. */
export async function hooks({ io, output, flags, args }: ActionContext<HooksFlags>): Promise<undefined> {
  const model = await openModel(
    { model: args[0] ?? "", modelFile: flags.modelFile, session: { executionProviders: ["cpu"] } },
    { resolvePath: (path) => resolve(io.cwd, path), signal: io.signal, say: output.say },
  );
  try {
    const named = await namedHooks(model, model.config);
    const unnamed = flags.all === true ? unnamedTensors(model) : [];
    const inputs = model.graph.inputs.map(({ name }) => name);
    const { bold } = output.colors;
    output.data(
      `${bold(basename(model.folder))} · ${shownPath(model.file, io.cwd)} · ${inputs.join(", ")} → ${model.ends.output}`,
    );
    const rows = named.map(({ name, dIn, dtype, tensor }) => [name ?? "", String(dIn), dtype ?? "", tensor]);
    if (rows.length > 0)
      output.data(textTable([["hook point", "dIn", "dtype", "tensor"], ...rows], { indent: "  " }));
    else output.warn(whyNone(model));
    for (const { tensor } of unnamed) output.data(`  ${tensor}`);
    output.event({
      type: "hooks-end",
      v: 1,
      model: shownPath(model.file, io.cwd),
      inputs,
      output: model.ends.output,
      hooks: [...named, ...unnamed].map((hook) => ({ ...hook })),
    });
  } finally {
    model.close();
  }
  return undefined;
}
