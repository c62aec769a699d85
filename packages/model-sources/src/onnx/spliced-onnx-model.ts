import type { ReplaceActivations, SplicedModel } from "@plumbline/core";
import { narrowFloats } from "@plumbline/safetensors";
import { fileError, usageError } from "../errors.ts";
import { type Capture, openCapture } from "./capture.ts";
import { float32Of, padRows } from "./hook-values.ts";
import { probeTokens, tokenBatch } from "./language-model.ts";
import type { OnnxGraphModel, OpenedPart } from "./onnx-graph-model.ts";
import { elementTypeNumber } from "./runtime.ts";
import type { InputArray } from "./token-inputs.ts";

/** What {@link openSplicedModel} takes. */
export interface SplicedOnnxOptions {
  /** where activations are read and replaced */
  readonly hookPoint: string;
  /** what the model ends in, `[sequences, positions, nVocabulary]`; its logits by default */
  readonly output?: string;
  /** fills up shorter sequences of a run */
  readonly padId?: number;
  /** sequences that go through at once: as many as keep logits below this many values; 2^24 (64 MiB) by default */
  readonly maxLogitValues?: number;
}

/** A {@link SplicedModel} with two sessions behind it. */
export interface OpenedSplicedModel extends SplicedModel {
  release(): Promise<void>;
}

/** Activations as the model holds them. */
function asInput(values: Float32Array, type: string, dimensions: readonly number[]): InputArray {
  if (type === "float32") return { type, data: values, dimensions };
  if (type === "float16") {
    const data = new Uint16Array(values.length);
    narrowFloats(values, "F16", data);
    return { type, data, dimensions };
  }
  throw usageError({
    code: "dtype-mismatch",
    message: `openSplicedModel(): expected float32 or float16 at the hook point, got ${type}`,
  });
}

interface Spliced {
  readonly head: Capture;
  readonly tail: OpenedPart;
  readonly tensor: string;
  /** the tensor's axes for so many sequences of so many positions */
  readonly shapeFor: (nSequences: number, nPositions: number) => readonly number[];
  readonly output: string;
  readonly padId: number;
}

/** Logits [sequences, positions, nVocabulary] that the model goes on to. */
async function goOn(
  { head, tail, tensor, shapeFor, output, padId }: Spliced,
  sequences: readonly Int32Array[],
  rows: Float32Array,
): Promise<{ logits: Float32Array; nPositions: number }> {
  const batch = tokenBatch(sequences, tail.inputs, padId);
  const { lengths, nPositions } = batch.padding;
  const width = head.hooks[0]?.dIn ?? 0;
  const padded = padRows(rows, { lengths, nPositions, width });
  const hook = asInput(padded, head.elementTypes[0] ?? "", shapeFor(lengths.length, nPositions));
  const outputs = await tail.run({ ...batch.feeds, [tensor]: hook });
  const found = outputs[output];
  if (found === undefined) throw new Error(`ONNX Runtime gives no output "${output}"`);
  return { logits: float32Of(found, output), nPositions };
}

/** A tensor of two axes has sequences and positions in one; others have an axis for each. */
function shapesLike(seen: readonly number[]): Spliced["shapeFor"] {
  return (nSequences, nPositions) =>
    seen.length === 2 ? [nSequences * nPositions, seen[1] ?? 0] : [nSequences, nPositions, ...seen.slice(2)];
}

/** Keeps what the head gave for the last sequences: the same are asked for once for each state of the model. */
function rememberLast(
  head: Capture,
  padId: number,
): (sequences: readonly Int32Array[]) => Promise<Float32Array> {
  let last: { sequences: readonly Int32Array[]; rows: Promise<Float32Array> } | undefined;
  return (sequences) => {
    const same =
      last?.sequences.length === sequences.length && sequences.every((ids, i) => ids === last?.sequences[i]);
    if (last !== undefined && same) return last.rows;
    const rows = head
      .run(tokenBatch(sequences, head.inputs, padId))
      .then(([values = new Float32Array()]) => values);
    last = { sequences, rows };
    return rows;
  };
}

function checkOutput(model: OnnxGraphModel, output: string): void {
  if (model.graph.outputs.some(({ name }) => name === output)) return;
  throw fileError({
    code: "no-logits",
    message: `openSplicedModel(): expected a model with the output "${output}", this one has ${model.graph.outputs.map(({ name }) => `"${name}"`).join(", ")}`,
    where: model.where,
    hint: "export the model with its language-modelling head, as for text-generation",
  });
}

/**
 * A model cut in two at a hook point, so that what it computed there can be replaced: by a reconstruction, by zeros, by
 * steered activations. The part before the hook point runs once for sequences that are run several times in a row.
 *
 * @returns to be released by the caller
 * @throws PlumblineError `unknown-hook-point`, `hook-point-bypassed`, `no-logits`, `not-per-token`, `unsupported-input`,
 *   `dtype-mismatch`, `runtime-refused`
 */
export async function openSplicedModel(
  model: OnnxGraphModel,
  options: SplicedOnnxOptions,
): Promise<OpenedSplicedModel> {
  const { hookPoint, output = "logits", padId = 0, maxLogitValues = 2 ** 24 } = options;
  checkOutput(model, output);
  const tensor = model.tensorOf(hookPoint);
  const head = await openCapture(model, { hookPoints: [hookPoint], probe: probeTokens });
  let tail: OpenedPart | undefined;
  try {
    const dIn = head.hooks[0]?.dIn ?? 0;
    const shapeFor = shapesLike(head.shapes[0] ?? []);
    const elementType = elementTypeNumber(head.elementTypes[0] ?? "");
    const dimensions = (head.shapes[0] ?? []).map((size, axis, all) =>
      axis >= Math.min(2, all.length - 1) ? size : undefined,
    );
    tail = await model.openPart({ from: [{ name: tensor, elementType, dimensions }], to: [output] });
    const spliced: Spliced = { head, tail, tensor, shapeFor, output, padId };
    const activationsOf = rememberLast(head, padId);
    const probe = [new Int32Array(2)];
    const seen = await goOn(spliced, probe, await activationsOf(probe));
    const nVocabulary = seen.logits.length / 2;

    async function* run(
      sequences: readonly Int32Array[],
      { replace, signal }: { readonly replace?: ReplaceActivations; readonly signal?: AbortSignal } = {},
    ): AsyncGenerator<Float32Array> {
      const longest = Math.max(1, ...sequences.map((ids) => ids.length));
      const size = Math.max(1, Math.floor(maxLogitValues / (longest * nVocabulary)));
      for (let first = 0; first < sequences.length; first += size) {
        signal?.throwIfAborted();
        const group = sequences.slice(first, first + size);
        const activations = await activationsOf(group);
        const batch = { activations, firstSequence: first, nSequences: group.length };
        const { logits, nPositions } = await goOn(spliced, group, (await replace?.(batch)) ?? activations);
        for (const [i, ids] of group.entries()) {
          const start = i * nPositions * nVocabulary;
          yield logits.subarray(start, start + ids.length * nVocabulary);
        }
      }
    }
    const release = async (): Promise<void> => {
      await head.release();
      await spliced.tail.release();
    };
    return Object.freeze({ hookPoint, dIn, nVocabulary, run, release });
  } catch (error) {
    await head.release();
    await tail?.release();
    throw error;
  }
}
