import { type Program, repeated, wholeNumber } from "@plumbline/extract/terminal";

/** Flags of commands that run a language model. */
export interface ModelFlags {
  /** folder or file */
  readonly model?: string;
  readonly modelFile?: string;
  /** that of the run by default */
  readonly hookPoint?: string;
  readonly provider?: readonly string[];
  readonly threads?: number;
}

/** Flags of commands that read text. */
export interface TextFlags {
  readonly text?: string;
  readonly field?: string;
  readonly split?: string;
  readonly context?: number;
  readonly sequences?: number;
  readonly documents?: "pack" | "truncate" | "split";
}

type Command = Program["command"];

export function addModelFlags(command: Command): Command {
  return command
    .option(
      "--model <folder>",
      "ONNX model as Hugging Face has them (config.json, onnx/model.onnx), or an .onnx file",
    )
    .option("--model-file <name>", "which file of a folder with several")
    .option("--hook-point <name>", "where the SAE belongs; that of the run by default")
    .option(
      "--provider <name>",
      "what computes: cpu, cuda, webgpu, coreml; repeatable, in order of preference",
      repeated,
    )
    .option("--threads <n>", "threads of one operation; all cores by default", wholeNumber);
}

export function addTextFlags(command: Command): Command {
  return command
    .option("--text <path>", "held-out documents: .txt, .jsonl, .parquet or a folder of a data set")
    .option("--field <name>", 'field of JSON lines or column of Parquet files, "text" by default')
    .option("--split <name>", 'part of a data set\'s folder, "train" by default')
    .option("--context <n>", "tokens that the model reads at once, 128 by default", wholeNumber)
    .option("--documents <how>", "pack, truncate or split; by default what suits the tokenizer")
    .option("--sequences <n>", "contexts to read: 64 by default for eval, all for detect", wholeNumber);
}
