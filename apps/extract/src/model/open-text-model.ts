import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { PlumblineError } from "@plumbline/core";
import {
  defaultTokenPolicy,
  type ModelSequence,
  type OnnxGraphModel,
  type Tokenizer,
  type TokenPolicy,
  tokenSequences,
} from "@plumbline/model-sources";
import {
  type HubProgress,
  loadTokenizer,
  type OnnxModelOnDisk,
  openOnnxModel,
  readDocuments,
  resolveModelFolder,
} from "@plumbline/model-sources/node";
import type { SourceContext } from "../source-plugin.ts";
import { shownBytes } from "../terminal/text-table.ts";
import type { ModelConfig, TextConfig, TokensConfig } from "./model-config.ts";

/** A model that reads text, with its tokenizer. */
export interface TextModel {
  readonly model: OnnxModelOnDisk;
  readonly tokenizer: Tokenizer;
  close(): void;
}

/** What opening needs to know of its surroundings. */
export type ModelContext = Pick<SourceContext, "resolvePath" | "signal" | "say">;

/** What a download says of itself. */
function follow(say: ModelContext["say"]): (progress: HubProgress) => void {
  return (progress) => {
    if (progress.type === "warning") say?.(progress.message);
    if (progress.type !== "download-start" || progress.nFiles === 0) return;
    say?.(`fetching ${progress.nFiles} files of ${progress.repository}, ${shownBytes(progress.nBytes)}`);
  };
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The folder or file of a model: as it is here, or fetched from the Hub. */
async function locateModel(
  { model, modelFile, revision }: ModelConfig,
  context: ModelContext,
): Promise<string> {
  const { resolvePath, signal, say } = context;
  const local = resolvePath(model);
  if (await isThere(local)) return local;
  return resolveModelFolder(model, {
    ...(modelFile === undefined ? {} : { modelFile }),
    ...(revision === undefined ? {} : { revision }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: follow(say),
  });
}

/** Where documents lie: a path here, or a data set fetched from the Hub. */
export async function locateText(
  { path, split }: Pick<TextConfig, "path" | "split">,
  { resolvePath, signal, say }: ModelContext,
): Promise<string> {
  if (!path.startsWith("hf-dataset:")) return resolvePath(path);
  return resolveModelFolder(path, {
    split,
    ...(signal === undefined ? {} : { signal }),
    onProgress: follow(say),
  });
}

/** Opens the model of a configuration. */
export async function openModel(config: ModelConfig, context: ModelContext): Promise<OnnxModelOnDisk> {
  const { modelFile, session } = config;
  const { executionProviders, threads } = session;
  return openOnnxModel(await locateModel(config, context), {
    executionProviders,
    ...(threads === undefined ? {} : { threads }),
    ...(modelFile === undefined ? {} : { modelFile }),
  });
}

/** Opens a model and the tokenizer that lies beside it. */
export async function openTextModel(config: ModelConfig, context: ModelContext): Promise<TextModel> {
  const model = await openModel(config, context);
  try {
    return { model, tokenizer: await loadTokenizer(model.folder), close: () => model.close() };
  } catch (error) {
    model.close();
    throw error;
  }
}

/** Positions that a model can tell apart, as far as its configuration says. */
export function maxContextLength({ config }: OnnxModelOnDisk): number | undefined {
  const said = config.max_position_embeddings ?? config.n_positions ?? config.n_ctx;
  return typeof said === "number" && Number.isSafeInteger(said) && said > 0 ? said : undefined;
}

/** The policy that a configuration asks for, everything filled in. */
export function tokenPolicy(config: TokensConfig, tokenizer: Tokenizer): TokenPolicy {
  const { contextLength, rows, ...given } = config;
  const base = defaultTokenPolicy(tokenizer, { contextLength });
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const saidOfRows = Object.fromEntries(
    Object.entries(rows ?? {}).filter(([, value]) => value !== undefined),
  );
  return { ...base, ...said, rows: { ...base.rows, ...saidOfRows } };
}

/** Token sequences of documents: a function that reads them anew each time. */
export function textSequences(
  text: TextConfig & { readonly absolutePath: string },
  options: TextModel & { readonly policy: TokenPolicy; readonly signal?: AbortSignal | undefined },
): () => AsyncIterable<ModelSequence> {
  const { absolutePath, field, split, textSplit, invalidUtf8, deduplicate } = text;
  const { model, tokenizer, policy, signal } = options;
  const longest = maxContextLength(model);
  return () =>
    tokenSequences(
      readDocuments(absolutePath, {
        field,
        split,
        textSplit,
        invalidUtf8,
        deduplicate,
        ...(signal === undefined ? {} : { signal }),
      }),
      tokenizer,
      policy,
      longest === undefined ? {} : { maxContextLength: longest },
    );
}

/** The policy as it is kept with the data: flat, and nothing left out. */
export function policyProvenance(policy: TokenPolicy): Record<string, string | number | boolean> {
  const { rows, ...flat } = policy;
  return Object.fromEntries([
    ...Object.entries(flat).map(([key, value]) => [`tokens.${key}`, value]),
    ...Object.entries(rows).map(([key, value]) => [`tokens.rows.${key}`, value]),
  ]);
}

/** Hook points by name or pattern: `blocks.*.hook_resid_pre`. @throws PlumblineError `unknown-hook-point` */
export function expandHookPoints(wanted: readonly string[], model: OnnxGraphModel): string[] {
  const found = wanted.flatMap((pattern) => {
    if (!pattern.includes("*")) return [pattern];
    const source = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    const matches = new RegExp(`^${source.join("[^.]*")}$`);
    const names = model.hookPoints.map(({ name }) => name).filter((name) => matches.test(name));
    if (names.length > 0) return names;
    throw new PlumblineError({
      code: "unknown-hook-point",
      kind: "usage",
      message: `[extract] no hook point is like "${pattern}"`,
      where: basename(model.where),
      hint: '"plumbline-extract hooks" lists all',
    });
  });
  return [...new Set(found)];
}
