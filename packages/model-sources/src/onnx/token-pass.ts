import {
  type ActivationPass,
  activationSourceSpecVersion,
  type PassChunk,
  type PassReading,
  skipRows,
} from "@plumbline/core";
import { throwIfAborted, usageError } from "../errors.ts";
import { type Capture, openCapture } from "./capture.ts";
import { probeTokens, tokenBatch } from "./language-model.ts";
import type { OnnxGraphModel } from "./onnx-graph-model.ts";

/** Tokens that a model reads at once, and which of them are wanted. */
export interface ModelSequence {
  readonly ids: Int32Array;
  /** [length of ids] 1 where a row of activations is wanted; all, if left out */
  readonly keep?: Uint8Array;
}

/** What {@link openTokenPass} takes. */
export interface TokenPassOptions {
  readonly model: OnnxGraphModel;
  /** names like `blocks.3.hook_resid_post`, or tensors of the graph */
  readonly hookPoints: readonly string[];
  /** starts afresh each time, with the same sequences */
  readonly sequences: () => AsyncIterable<ModelSequence> | Iterable<ModelSequence>;
  /** sequences that go through the model at once; 8 by default */
  readonly sequencesPerRun?: number;
  /** fills up shorter sequences of a run */
  readonly padId?: number;
  /** rows in all, where that is known */
  readonly nRows?: number;
  readonly name?: string;
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
}

/** A pass with a session behind it. */
export interface OpenedPass extends ActivationPass {
  /** Ends the session. */
  release(): Promise<void>;
}

/** Items in groups of `size`, the last one smaller. */
export async function* groupsOf<T>(items: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Which rows of a run are wanted, and what is known of them. */
function wantedRows(group: readonly ModelSequence[]): {
  readonly all: boolean;
  readonly places: Int32Array;
  readonly tokenIds: Int32Array;
  readonly positions: Int32Array;
} {
  const places: number[] = [];
  const tokenIds: number[] = [];
  const positions: number[] = [];
  let place = 0;
  for (const { ids, keep } of group) {
    for (const [position, id] of ids.entries()) {
      if (keep === undefined || keep[position] === 1) {
        places.push(place);
        tokenIds.push(id);
        positions.push(position);
      }
      place++;
    }
  }
  return {
    all: places.length === place,
    places: Int32Array.from(places),
    tokenIds: Int32Array.from(tokenIds),
    positions: Int32Array.from(positions),
  };
}

function pick(rows: Float32Array, places: Int32Array, width: number): Float32Array {
  const picked = new Float32Array(places.length * width);
  for (const [to, from] of places.entries()) {
    picked.set(rows.subarray(from * width, (from + 1) * width), to * width);
  }
  return picked;
}

/** Runs groups of sequences; those whose rows all lie before `startRow` are counted and not run. */
async function* runGroups(
  capture: Capture,
  options: TokenPassOptions,
  reading: PassReading & { readonly startRow: number; readonly onSkip: (nRows: number) => void },
): AsyncGenerator<PassChunk> {
  const { sequences, sequencesPerRun = 8, padId = 0 } = options;
  let nRows = 0;
  for await (const group of groupsOf(sequences(), sequencesPerRun)) {
    throwIfAborted(reading.signal, "chunks()");
    const { all, places, tokenIds, positions } = wantedRows(group);
    nRows += places.length;
    if (places.length === 0) continue;
    if (nRows <= reading.startRow) {
      reading.onSkip(places.length);
      continue;
    }
    const batch = tokenBatch(
      group.map(({ ids }) => ids),
      capture.inputs,
      padId,
    );
    const rows = await capture.run(batch);
    yield {
      nRows: places.length,
      rows: all ? rows : rows.map((values, hook) => pick(values, places, capture.hooks[hook]?.dIn ?? 0)),
      tokenIds,
      positions,
    };
  }
}

/**
 * A pass of a language model over token sequences: activations at some hook points, with the token and position of each
 * row. Only the graph up to the deepest hook point runs. Reading from a later row on runs nothing that lies before it, and gives
 * the same bytes: runs are cut in the same way wherever one starts.
 *
 * @returns to be released by the caller
 * @throws PlumblineError `unknown-hook-point`, `not-per-token`, `unsupported-input`, `runtime-refused`, `bad-option`
 */
export async function openTokenPass(options: TokenPassOptions): Promise<OpenedPass> {
  const { model, hookPoints, sequencesPerRun = 8, nRows, name = "onnx", provenance } = options;
  if (!Number.isSafeInteger(sequencesPerRun) || sequencesPerRun < 1) {
    throw usageError({
      code: "bad-option",
      message: `openTokenPass(): expected sequencesPerRun to be an integer from 1, got ${sequencesPerRun}`,
    });
  }
  const capture = await openCapture(model, { hookPoints, probe: probeTokens });
  async function* chunks(reading: PassReading = {}): AsyncGenerator<PassChunk> {
    const { startRow = 0 } = reading;
    let firstRow = 0;
    const runs = runGroups(capture, options, {
      ...reading,
      startRow,
      onSkip: (skipped) => {
        firstRow += skipped;
      },
    });
    const first = await runs.next();
    if (first.done === true) return;
    async function* fromFirst(): AsyncGenerator<PassChunk> {
      yield first.value as PassChunk;
      yield* runs;
    }
    yield* skipRows(fromFirst(), { firstRow, startRow, widths: capture.hooks.map(({ dIn }) => dIn) });
  }
  return Object.freeze({
    specVersion: activationSourceSpecVersion,
    name,
    hooks: capture.hooks,
    ...(nRows === undefined ? {} : { nRows }),
    ...(provenance === undefined ? {} : { provenance }),
    chunks,
    release: () => capture.release(),
  });
}
