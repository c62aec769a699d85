import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SaeBenchCoreResult } from "@plumbline/metrics";
import { readSafetensors, type SafetensorsFile } from "@plumbline/safetensors";

/** Precisions that each library was run in. */
export type Precision = "float32" | "float64";

type Both<Value> = Readonly<Record<Precision, Value>>;
type Numbers = Readonly<Record<string, number>>;

/** What `tools/golden` recorded of the libraries' evaluation code; its README says what each part is. */
export interface RecordedMetrics {
  readonly shape: {
    readonly dIn: number;
    readonly dSae: number;
    readonly nBatches: number;
    readonly promptsPerBatch: number;
    readonly tokensPerPrompt: number;
  };
  readonly specialToken: number;
  readonly dictionaryLearning: Both<Numbers>;
  readonly saeLens: Both<{
    readonly scalars: Numbers;
    readonly latents: Readonly<Record<string, readonly (number | null)[]>>;
  }>;
  readonly saeLensTrainer: Both<readonly Numbers[]>;
  readonly saeBenchCore: Both<{ readonly fileName: string; readonly file: SaeBenchCoreResult }>;
  readonly overcomplete: Both<{
    readonly r2_score: readonly number[];
    readonly hoyer: number;
    readonly kappa_4: number;
  }>;
  readonly tensors: SafetensorsFile;
}

/** A batch without special tokens. */
export interface RecordedBatch {
  readonly x: Float32Array;
  readonly xHat: Float32Array;
  /** [nRows, dSae] */
  readonly latents: Float32Array;
  /** [nRows] */
  readonly prompts: Uint32Array;
}

const path = fileURLToPath(new URL("../../fixtures/golden-metrics/libraries", import.meta.url));

export function readRecordedMetrics(): RecordedMetrics {
  return {
    ...(JSON.parse(readFileSync(`${path}.json`, "utf8")) as Omit<RecordedMetrics, "tensors">),
    tensors: readSafetensors(new Uint8Array(readFileSync(`${path}.safetensors`))),
  };
}

/** The batches as the libraries saw them: rows of special tokens left out. */
export function recordedBatches(recorded: RecordedMetrics): RecordedBatch[] {
  const { tensors, shape, specialToken } = recorded;
  const { dIn, dSae, nBatches, promptsPerBatch, tokensPerPrompt } = shape;
  const tokens = tensors.int32("tokens").data;
  const perBatch = promptsPerBatch * tokensPerPrompt;
  return Array.from({ length: nBatches }, (_, batch) => {
    const all = Array.from({ length: perBatch }, (_unused, i) => batch * perBatch + i);
    const rows = all.filter((row) => tokens[row] !== specialToken);
    const take = (name: string, width: number): Float32Array => {
      const { data } = tensors.float32(name);
      return Float32Array.from(rows.flatMap((row) => [...data.subarray(row * width, (row + 1) * width)]));
    };
    return {
      x: take("x", dIn),
      xHat: take("xHat", dIn),
      latents: take("latents", dSae),
      prompts: Uint32Array.from(rows, (row) => Math.floor(row / tokensPerPrompt)),
    };
  });
}
