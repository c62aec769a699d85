import { z } from "zod";

/** Which model runs, and on what. */
export interface ModelConfig {
  readonly model: string;
  readonly modelFile?: string | undefined;
  readonly revision?: string | undefined;
  readonly session: {
    readonly executionProviders: readonly string[];
    readonly threads?: number | undefined;
  };
}

/** The keys of {@link ModelConfig}, for schemas that have more. */
export const modelFields: {
  readonly model: z.ZodType<string>;
  readonly modelFile: z.ZodType<string | undefined>;
  readonly revision: z.ZodType<string | undefined>;
  readonly session: z.ZodType<ModelConfig["session"]>;
} = {
  model: z
    .string()
    .min(1)
    .describe(
      "an ONNX model: a folder with config.json and onnx/model.onnx, an .onnx file, or owner/name on the Hugging Face Hub",
    ),
  modelFile: z
    .string()
    .min(1)
    .optional()
    .describe("which file of a folder with several, as model_quantized.onnx"),
  revision: z
    .string()
    .min(1)
    .optional()
    .describe("branch, tag or commit of a model on the Hub; main by default"),
  session: z
    .strictObject({
      executionProviders: z
        .array(z.string().min(1))
        .min(1)
        .default(["cpu"])
        .describe(
          "what computes, in order of preference: cpu, cuda, webgpu, coreml, as ONNX Runtime has them",
        ),
      threads: z.int().positive().optional().describe("threads of one operation; all cores by default"),
    })
    .prefault({})
    .describe("how ONNX Runtime runs the model"),
};

/** Which documents a model reads. */
export interface TextConfig {
  readonly path: string;
  readonly field: string;
  readonly split: string;
  readonly textSplit: "none" | "lines" | "blank-lines";
  readonly invalidUtf8: "error" | "replace";
  readonly deduplicate: boolean;
}

export const textSchema: z.ZodType<TextConfig> = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "documents: .txt, .jsonl, .parquet, a folder of a data set, or hf-dataset:owner/name on the Hub",
    ),
  field: z.string().min(1).default("text").describe("field of JSON lines, or column of Parquet files"),
  split: z.string().min(1).default("train").describe("part of a data set's folder"),
  textSplit: z
    .enum(["none", "lines", "blank-lines"])
    .default("none")
    .describe("what a document of a .txt file is: all of it, a line, or what stands between blank lines"),
  invalidUtf8: z
    .enum(["error", "replace"])
    .default("error")
    .describe("what is done about bytes that are no text"),
  deduplicate: z.boolean().default(false).describe("leave out documents that were there before"),
});

/** How documents become token sequences; what is left out is decided by the tokenizer, said, and kept with the data. */
export interface TokensConfig {
  readonly contextLength: number;
  readonly documents?: "pack" | "truncate" | "split" | undefined;
  readonly begin?: "none" | "document" | "context" | "both" | undefined;
  readonly end?: "none" | "document" | "context" | undefined;
  readonly shortest?: number | undefined;
  readonly rows?:
    | { readonly special?: "keep" | "drop" | undefined; readonly first?: "keep" | "drop" | undefined }
    | undefined;
}

export const tokensSchema: z.ZodType<TokensConfig> = z.strictObject({
  contextLength: z
    .int()
    .positive()
    .default(128)
    .describe("tokens that the model reads at once, special ones included"),
  documents: z
    .enum(["pack", "truncate", "split"])
    .optional()
    .describe(
      "pack: one after the other into full contexts; truncate: a context each; split: as many as each needs",
    ),
  begin: z
    .enum(["none", "document", "context", "both"])
    .optional()
    .describe("where the token that begins a text (BOS, CLS) is put"),
  end: z
    .enum(["none", "document", "context"])
    .optional()
    .describe("where the one that ends it (EOS, SEP) is put"),
  shortest: z.int().positive().optional().describe("documents of fewer tokens are left out"),
  rows: z
    .strictObject({
      special: z.enum(["keep", "drop"]).optional().describe("activations of special tokens"),
      first: z
        .enum(["keep", "drop"])
        .optional()
        .describe("activations of the first position of a context, which models use as a sink of attention"),
    })
    .optional()
    .describe("which positions become rows"),
});
