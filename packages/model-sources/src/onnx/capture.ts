import type { PassHook } from "@plumbline/core";
import { usageError } from "../errors.ts";
import { float32Of, rowsOfTokens, widthOf } from "./hook-values.ts";
import type { OnnxGraphModel, OpenedPart } from "./onnx-graph-model.ts";
import type { OnnxValue } from "./onnx-model.ts";
import type { InputArray } from "./token-inputs.ts";

/** Inputs of one run, and which rows of its output are wanted. */
export interface CaptureBatch {
  readonly feeds: Readonly<Record<string, InputArray>>;
  /** sequences or images */
  readonly nItems: number;
  /** of padded sequences; left out, all positions that the model makes of an item are wanted, as of an image its patches */
  readonly padding?: Padding;
}

/** How items of different lengths lie in a padded batch. */
export interface Padding {
  /** positions of each item that are no padding, from its first on */
  readonly lengths: readonly number[];
  /** positions of every item, padding included */
  readonly nPositions: number;
}

/** Reads a model's activations at some hook points. */
export interface Capture {
  readonly hooks: readonly Required<PassHook>[];
  /** of each, as the runtime names it */
  readonly elementTypes: readonly string[];
  /** of each tensor when the probe ran */
  readonly shapes: readonly (readonly number[])[];
  /** inputs that the model needs for it */
  readonly inputs: readonly OnnxValue[];
  /** of each hook point, the wanted rows [nRows, dIn], item after item */
  run(batch: CaptureBatch): Promise<readonly Float32Array[]>;
  release(): Promise<void>;
}

async function runPart(
  part: OpenedPart,
  tensors: readonly string[],
  batch: CaptureBatch,
): Promise<{ rows: Float32Array; width: number; type: string; shape: readonly number[] }[]> {
  const outputs = await part.run(batch.feeds);
  return tensors.map((name) => {
    const output = outputs[name];
    if (output === undefined) throw new Error(`ONNX Runtime gives no output "${name}"`);
    const { nItems, padding } = batch;
    const width = widthOf(output.dims, { name, nItems, nPositions: padding?.nPositions });
    const values = float32Of(output, name);
    const rows = padding === undefined ? values : rowsOfTokens(values, { ...padding, width });
    return { rows, width, type: output.type, shape: output.dims };
  });
}

function checkHookPoints(hookPoints: readonly string[]): void {
  const twice = hookPoints.find((name, i) => hookPoints.indexOf(name) !== i);
  if (hookPoints.length > 0 && twice === undefined) return;
  throw usageError({
    code: "bad-hook-points",
    message:
      twice === undefined
        ? "openCapture(): expected at least one hook point, got none"
        : `openCapture(): the hook point "${twice}" is there twice`,
  });
}

/**
 * Opens the part of a model up to its deepest hook point; what lies beyond is not computed.
 *
 * @param probe makes a small batch that shows the width of each hook point, for the inputs that the part has
 * @throws PlumblineError `unknown-hook-point`, `not-per-token`, `dtype-mismatch`, `runtime-refused`
 */
export async function openCapture(
  model: OnnxGraphModel,
  options: {
    readonly hookPoints: readonly string[];
    readonly probe: (inputs: readonly OnnxValue[]) => CaptureBatch;
  },
): Promise<Capture> {
  const { hookPoints, probe } = options;
  checkHookPoints(hookPoints);
  const tensors = hookPoints.map((name) => model.tensorOf(name));
  const part = await model.openPart({ to: [...new Set(tensors)] });
  try {
    const seen = await runPart(part, tensors, probe(part.inputs));
    const hooks = hookPoints.map((hookPoint, i) => ({ hookPoint, dIn: seen[i]?.width ?? 0 }));
    return {
      hooks,
      elementTypes: seen.map(({ type }) => type),
      shapes: seen.map(({ shape }) => shape),
      inputs: part.inputs,
      run: async (batch) => (await runPart(part, tensors, batch)).map(({ rows }) => rows),
      release: () => part.release(),
    };
  } catch (error) {
    await part.release();
    throw error;
  }
}
