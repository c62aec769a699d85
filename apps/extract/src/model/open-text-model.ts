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
  loadTokenizer,
  type OnnxModelOnDisk,
  openOnnxModel,
  readDocuments,
} from "@plumbline/model-sources/node";
import type { ModelConfig, TextConfig, TokensConfig } from "./model-config.ts";

/** A model that reads text, with its tokenizer. */
export interface TextModel {
  readonly model: OnnxModelOnDisk;
  readonly tokenizer: Tokenizer;
  close(): void;
}

/** Opens the model of a configuration. @param resolvePath makes its path absolute */
export async function openModel(
  { model, modelFile, session }: ModelConfig,
  resolvePath: (path: string) => string,
): Promise<OnnxModelOnDisk> {
  const { executionProviders, threads } = session;
  return openOnnxModel(resolvePath(model), {
    executionProviders,
    ...(threads === undefined ? {} : { threads }),
    ...(modelFile === undefined ? {} : { modelFile }),
  });
}

/** Opens a model and the tokenizer that lies beside it. */
export async function openTextModel(
  config: ModelConfig,
  resolvePath: (path: string) => string,
): Promise<TextModel> {
  const model = await openModel(config, resolvePath);
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
