import {
  type ActivationPass,
  activationSourceSpecVersion,
  type PassChunk,
  type PassReading,
  skipRows,
} from "@plumbline/core";
import { throwIfAborted, usageError } from "../errors.ts";
import { type Capture, type CaptureBatch, openCapture } from "./capture.ts";
import type { OnnxGraphModel } from "./onnx-graph-model.ts";
import type { OnnxValue } from "./onnx-model.ts";
import { elementTypeName } from "./runtime.ts";
import { groupsOf, type OpenedPass } from "./token-pass.ts";

/** An image as a vision model takes it. */
export interface ModelImage {
  /** [3, height, width], scaled and normalized */
  readonly pixels: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Which rows of an image are wanted: its first position (the class token), those after it, or all. */
export type ImagePositions = "cls" | "patches" | "all";

/** What {@link openImagePass} takes. */
export interface ImagePassOptions {
  readonly model: OnnxGraphModel;
  readonly hookPoints: readonly string[];
  /** starts afresh each time, with the same images, all of one size */
  readonly images: () => AsyncIterable<ModelImage> | Iterable<ModelImage>;
  /** "all" by default */
  readonly positions?: ImagePositions;
  /** images that go through the model at once; 8 by default */
  readonly imagesPerRun?: number;
  /** edge of a square image for the trial run that shows widths; 224 by default, unless the model's input says */
  readonly imageSize?: number;
  readonly name?: string;
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
}

function imageBatch(images: readonly ModelImage[], inputs: readonly OnnxValue[]): CaptureBatch {
  const [input] = inputs;
  const [{ height, width } = { height: 0, width: 0 }] = images;
  const other = images.find((image) => image.height !== height || image.width !== width);
  if (other !== undefined) {
    throw usageError({
      code: "image-size",
      message: `expected images of one size, ${height} × ${width}, got one of ${other.height} × ${other.width}`,
      hint: "let a preprocessor resize them",
    });
  }
  const type = elementTypeName(input?.elementType);
  if (input === undefined || inputs.length !== 1 || type !== "float32") {
    throw usageError({
      code: "unsupported-input",
      message: `expected a model with one input of float32 pixels, got ${inputs.map(({ name, elementType }) => `${name} (${elementTypeName(elementType)})`).join(", ")}`,
    });
  }
  const size = 3 * height * width;
  const data = new Float32Array(images.length * size);
  for (const [i, { pixels }] of images.entries()) data.set(pixels, i * size);
  return {
    feeds: { [input.name]: { type, data, dimensions: [images.length, 3, height, width] } },
    nItems: images.length,
  };
}

function blankImage(inputs: readonly OnnxValue[], imageSize: number): ModelImage {
  const [, , height = imageSize, width = imageSize] = inputs[0]?.dimensions ?? [];
  const size = { height: Number(height) || imageSize, width: Number(width) || imageSize };
  return { ...size, pixels: new Float32Array(3 * size.height * size.width) };
}

/** A blank image, for a trial run. */
export const probeImage =
  (imageSize: number) =>
  (inputs: readonly OnnxValue[]): CaptureBatch =>
    imageBatch([blankImage(inputs, imageSize)], inputs);

/** The wanted positions of each image. */
function selected(
  rows: Float32Array,
  image: { readonly nItems: number; readonly width: number; readonly wanted: ImagePositions },
): { rows: Float32Array; positions: Int32Array } {
  const { nItems, width, wanted } = image;
  const nPositions = rows.length / width / nItems;
  const first = wanted === "patches" ? 1 : 0;
  const count = wanted === "cls" ? 1 : nPositions - first;
  const positions = Int32Array.from({ length: nItems * count }, (_, i) => first + (i % count));
  if (count === nPositions) return { rows, positions };
  const picked = new Float32Array(nItems * count * width);
  for (let item = 0; item < nItems; item++) {
    const start = (item * nPositions + first) * width;
    picked.set(rows.subarray(start, start + count * width), item * count * width);
  }
  return { rows: picked, positions };
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield item;
}

/** Rows that a group gives, if it can be known without running it: images of the size that the trial run had. */
function expectedRows(group: readonly ModelImage[], probed: ModelImage, nPositions: number): number {
  const same = group.every(({ height, width }) => height === probed.height && width === probed.width);
  return same ? group.length * nPositions : Number.POSITIVE_INFINITY;
}

async function* runImages(
  capture: Capture,
  options: ImagePassOptions,
  reading: PassReading & { readonly probed: ModelImage },
): AsyncGenerator<PassChunk> {
  const { images, imagesPerRun = 8, positions: wanted = "all" } = options;
  const { signal, startRow = 0, probed } = reading;
  const ofModel = capture.shapes[0]?.[1] ?? 0;
  const nPositions = { all: ofModel, cls: 1, patches: ofModel - 1 }[wanted];
  let row = 0;
  for await (const group of groupsOf(images(), imagesPerRun)) {
    throwIfAborted(signal, "chunks()");
    const expected = expectedRows(group, probed, nPositions);
    if (row + expected <= startRow) {
      row += expected;
      continue;
    }
    const values = await capture.run(imageBatch(group, capture.inputs));
    const parts = values.map((rows, hook) =>
      selected(rows, { nItems: group.length, width: capture.hooks[hook]?.dIn ?? 1, wanted }),
    );
    const positions = parts[0]?.positions ?? new Int32Array();
    const chunk = { nRows: positions.length, rows: parts.map(({ rows }) => rows), positions };
    const widths = capture.hooks.map(({ dIn }) => dIn);
    yield* skipRows(one(chunk), { firstRow: row, startRow, widths });
    row += positions.length;
  }
}

/**
 * A pass of a vision model over images: one row for each position that the model makes of an image, its class token first.
 * Reading from a later row on reads the images before it and does not run them.
 *
 * @returns to be released by the caller
 * @throws PlumblineError `unknown-hook-point`, `not-per-token`, `unsupported-input`, `image-size`, `runtime-refused`
 */
export async function openImagePass(options: ImagePassOptions): Promise<OpenedPass> {
  const { model, hookPoints, imageSize = 224, name = "onnx", provenance } = options;
  let probed: ModelImage | undefined;
  const probe = (inputs: readonly OnnxValue[]): CaptureBatch => {
    probed = blankImage(inputs, imageSize);
    return imageBatch([probed], inputs);
  };
  const capture = await openCapture(model, { hookPoints, probe });
  return Object.freeze({
    specVersion: activationSourceSpecVersion,
    name,
    hooks: capture.hooks,
    ...(provenance === undefined ? {} : { provenance }),
    chunks: (reading: PassReading = {}) =>
      runImages(capture, options, { ...reading, probed: probed ?? blankImage([], imageSize) }),
    release: () => capture.release(),
  } satisfies ActivationPass & OpenedPass);
}
