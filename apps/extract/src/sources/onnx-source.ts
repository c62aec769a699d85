import { basename } from "node:path";
import { type ActivationPass, takeRows } from "@plumbline/core";
import {
  type ImagePositions,
  type ModelSequence,
  openImagePass,
  openTokenPass,
} from "@plumbline/model-sources";
import type { OnnxModelOnDisk } from "@plumbline/model-sources/node";
import { z } from "zod";
import {
  type ModelConfig,
  modelFields,
  type TextConfig,
  type TokensConfig,
  textSchema,
  tokensSchema,
} from "../model/model-config.ts";
import {
  expandHookPoints,
  locateText,
  openModel,
  openTextModel,
  policyProvenance,
  textSequences,
  tokenPolicy,
} from "../model/open-text-model.ts";
import { defineSource, type SourceContext, type SourcePlugin } from "../source-plugin.ts";
import { preprocessedImages } from "./preprocessed-images.ts";
import { readTokenSequences } from "./token-sequences.ts";

interface OnnxConfig extends ModelConfig {
  /** one, or several */
  readonly hookPoints: string | readonly string[];
  readonly text?: TextConfig | undefined;
  readonly tokens: TokensConfig;
  readonly tokenIds?: string | undefined;
  readonly images?:
    | { readonly path: string; readonly positions: ImagePositions; readonly onBad: "error" | "skip" }
    | undefined;
  readonly maxRows?: number | undefined;
  readonly perRun: number;
}

const schema = z
  .strictObject({
    ...modelFields,
    hookPoints: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe(
        'where activations are read: names as "blocks.3.hook_resid_post", patterns with *, or tensors of the graph',
      ),
    text: textSchema.optional().describe("documents to run the model on"),
    tokens: tokensSchema.prefault({ contextLength: 128 }).describe("how documents become token sequences"),
    tokenIds: z
      .string()
      .min(1)
      .optional()
      .describe("instead of text: a file with one JSON array of token ids on each line"),
    images: z
      .strictObject({
        path: z.string().min(1).describe("folder of images, read in the order of their paths"),
        positions: z
          .enum(["cls", "patches", "all"])
          .default("all")
          .describe("which positions become rows: the class token, the patches, or all"),
        onBad: z
          .enum(["error", "skip"])
          .default("error")
          .describe("what is done about files that are no proper image"),
      })
      .optional()
      .describe("instead of text, for vision models"),
    maxRows: z.int().positive().optional().describe("rows (tokens or patches) at most; all by default"),
    perRun: z.int().positive().default(8).describe("sequences or images that go through the model at once"),
  })
  .refine(
    ({ text, tokenIds, images }) => [text, tokenIds, images].filter((one) => one !== undefined).length === 1,
    { error: "expected one of text, tokenIds and images" },
  );

/** Rows of sequences: all that a pass over them gives. */
async function countKept(sequences: () => AsyncIterable<ModelSequence>): Promise<number> {
  let count = 0;
  for await (const { ids, keep } of sequences()) {
    count += keep === undefined ? ids.length : keep.reduce((sum, one) => sum + one, 0);
  }
  return count;
}

interface Opened {
  readonly model: OnnxModelOnDisk;
  readonly config: OnnxConfig;
  readonly context: SourceContext;
}

async function sequencePass(
  { model, config }: Opened,
  sequences: () => AsyncIterable<ModelSequence>,
  provenance: Record<string, string | number | boolean>,
): Promise<ActivationPass> {
  const pass = await openTokenPass({
    model,
    hookPoints: expandHookPoints([config.hookPoints].flat(), model),
    sequences,
    sequencesPerRun: config.perRun,
    provenance: { ...modelProvenance({ model, config }), ...provenance },
  });
  return { ...pass, countRows: () => countKept(sequences) };
}

function modelProvenance({
  model,
  config,
}: Pick<Opened, "model" | "config">): Record<string, string | number> {
  const { model_type: type } = model.config;
  return {
    model: config.model.startsWith("hf:") ? config.model : basename(model.folder),
    modelFile: basename(model.file),
    modelBytes: model.graph.source.size,
    ...(typeof type === "string" ? { modelType: type } : {}),
    perRun: config.perRun,
  };
}

async function openText(
  config: OnnxConfig & { text: TextConfig },
  context: SourceContext,
): Promise<ActivationPass> {
  const opened = await openTextModel(config, context);
  const { model, tokenizer } = opened;
  const policy = tokenPolicy(config.tokens, tokenizer);
  const { text } = config;
  const absolutePath = await locateText(text, context);
  const sequences = textSequences({ ...text, absolutePath }, { ...opened, policy, signal: context.signal });
  const { path: _, ...read } = text;
  return sequencePass({ model, config, context }, sequences, {
    text: text.path.startsWith("hf-dataset:") ? text.path : basename(absolutePath),
    ...Object.fromEntries(Object.entries(read).map(([key, value]) => [`text.${key}`, value])),
    ...policyProvenance(policy),
  });
}

async function openTokenIds(config: OnnxConfig, context: SourceContext): Promise<ActivationPass> {
  const model = await openModel(config, context);
  const path = context.resolvePath(config.tokenIds ?? "");
  async function* sequences(): AsyncGenerator<ModelSequence> {
    for await (const ids of readTokenSequences(path)) yield { ids };
  }
  return sequencePass({ model, config, context }, sequences, { tokenIds: basename(path) });
}

async function openImages(
  config: OnnxConfig & { images: NonNullable<OnnxConfig["images"]> },
  context: SourceContext,
): Promise<ActivationPass> {
  const model = await openModel(config, context);
  const folder = context.resolvePath(config.images.path);
  const images = await preprocessedImages(model, {
    folder,
    onBad: config.images.onBad,
    signal: context.signal,
  });
  return openImagePass({
    model,
    hookPoints: expandHookPoints([config.hookPoints].flat(), model),
    images: images.read,
    imageSize: images.size,
    positions: config.images.positions,
    imagesPerRun: config.perRun,
    provenance: {
      ...modelProvenance({ model, config }),
      images: basename(folder),
      "images.positions": config.images.positions,
    },
  });
}

async function open(config: OnnxConfig, context: SourceContext): Promise<ActivationPass> {
  const { text, images, maxRows } = config;
  let pass: ActivationPass;
  if (text !== undefined) pass = await openText({ ...config, text }, context);
  else if (images !== undefined) pass = await openImages({ ...config, images }, context);
  else pass = await openTokenIds(config, context);
  return maxRows === undefined ? pass : takeRows(pass, maxRows);
}

/** Hook points of an ONNX model, run on text, token ids or images. */
export const onnxSource: SourcePlugin<ActivationPass> = defineSource<OnnxConfig, ActivationPass>({
  name: "onnx",
  description: "an ONNX model at one or several hook points, run on text, token ids or images",
  schema: schema as z.ZodType<OnnxConfig>,
  open,
});
