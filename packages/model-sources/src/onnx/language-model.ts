import type { CaptureBatch, Padding } from "./capture.ts";
import type { OnnxValue } from "./onnx-model.ts";
import { padTokens, tokenInputs } from "./token-inputs.ts";

/** Token sequences as a batch for the inputs of a language model. */
export function tokenBatch(
  sequences: readonly Int32Array[],
  inputs: readonly OnnxValue[],
  padId = 0,
): CaptureBatch & { readonly padding: Padding } {
  const padded = padTokens(sequences, padId);
  return {
    feeds: tokenInputs(inputs, padded),
    nItems: sequences.length,
    padding: { lengths: sequences.map((ids) => ids.length), nPositions: padded.nPositions },
  };
}

/** Two sequences of five tokens: sizes that no other axis is likely to have. */
export const probeTokens = (inputs: readonly OnnxValue[]): CaptureBatch =>
  tokenBatch([new Int32Array(5), new Int32Array(5)], inputs);
