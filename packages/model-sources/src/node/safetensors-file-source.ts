import { basename } from "node:path";
import type { ActivationSource } from "@plumbline/core";
import type { FileSystem } from "@plumbline/core/node";
import type { SafetensorsLimits, TensorEntry } from "@plumbline/safetensors";
import { openSafetensors, type SafetensorsReader } from "@plumbline/safetensors/node";
import { fileError, quote } from "../errors.ts";
import { matrixShape, type RowSourceOptions, rowSource } from "../row-source.ts";

const floatDtypes: readonly string[] = ["F32", "F16", "BF16", "F64"];

/** The tensor that holds the activations: the named one, `activations`, or the only one that could be meant. */
function chooseTensor(reader: SafetensorsReader, wanted: string | undefined): TensorEntry {
  const entries = [...reader.tensors.values()];
  const matrices = entries.filter(({ dtype, shape }) => floatDtypes.includes(dtype) && shape.length >= 2);
  const candidates = matrices.map(({ name, shape }) => `${quote(name)} [${shape.join(", ")}]`);
  const hint = `pass tensor: one of ${candidates.slice(0, 20).join(", ") || "none: no tensor of floats has two axes"}`;
  const name = wanted ?? (reader.tensors.has("activations") ? "activations" : undefined);
  if (name === undefined) {
    const [only, ...others] = matrices;
    if (only !== undefined && others.length === 0) return only;
    throw fileError({
      code: "ambiguous-tensor",
      message: `safetensorsFileSource(): expected one tensor that can be rows of activations, got ${matrices.length}`,
      where: reader.path,
      hint,
    });
  }
  const entry = reader.tensors.get(name);
  if (entry !== undefined && floatDtypes.includes(entry.dtype)) return entry;
  const got = entry === undefined ? "no such tensor" : `dtype ${entry.dtype}`;
  throw fileError({
    code: entry === undefined ? "unknown-tensor" : "unsupported-dtype",
    message: `safetensorsFileSource(): expected a tensor of floats ${quote(name)}, got ${got}`,
    where: reader.path,
    hint,
  });
}

/** Makes sure that a tensor of integers has one for each row. */
function checkPerRow(reader: SafetensorsReader, name: string, nRows: number): void {
  const entry = reader.tensors.get(name);
  const count = entry?.shape.reduce((product, size) => product * size, 1);
  if (entry !== undefined && !floatDtypes.includes(entry.dtype) && count === nRows) return;
  const got = entry === undefined ? "no such tensor" : `${entry.dtype} [${entry.shape.join(", ")}]`;
  throw fileError({
    code: entry === undefined ? "unknown-tensor" : "shape-mismatch",
    message: `safetensorsFileSource(): expected one integer for each of ${nRows} rows in ${quote(name)}, got ${got}`,
    where: reader.path,
    hint: `the file holds ${[...reader.tensors.keys()].slice(0, 20).map(quote).join(", ")}`,
  });
}

/** What to read of a file, beside the options of every row source. */
export interface SafetensorsSourceOptions extends RowSourceOptions {
  /** name of the tensor; by default `activations`, or the file's only float tensor of two or more axes */
  readonly tensor?: string;
  /** name of a tensor of integers, one for each row: the tokens that the rows belong to */
  readonly tokenIdsTensor?: string;
  /** the same for the tokens' positions in their sequences */
  readonly positionsTensor?: string;
  /** replaces some of the defaults of `@plumbline/safetensors` */
  readonly limits?: Partial<SafetensorsLimits>;
  readonly fileSystem?: FileSystem;
}

/** Opens the file and checks it against what is asked of it; the caller closes the reader. */
async function openChecked(
  path: string,
  options: SafetensorsSourceOptions,
): Promise<{ reader: SafetensorsReader; tensor: string; dtype: string; nRows: number; dIn: number }> {
  const { flatten = false, tokenIdsTensor, positionsTensor, limits, fileSystem } = options;
  const reader = await openSafetensors(path, {
    ...(limits === undefined ? {} : { limits }),
    ...(fileSystem === undefined ? {} : { fileSystem }),
  });
  try {
    const entry = chooseTensor(reader, options.tensor);
    const where = `${path}, tensor ${quote(entry.name)}`;
    const shape = matrixShape(entry.shape, { flatten, from: "safetensorsFileSource()", where });
    for (const name of [tokenIdsTensor, positionsTensor]) {
      if (name !== undefined) checkPerRow(reader, name, shape.nRows);
    }
    return { reader, tensor: entry.name, dtype: entry.dtype, ...shape };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/**
 * The rows of a tensor in a safetensors file, read a chunk at a time: memory does not grow with the file. F16 and BF16 are
 * widened exactly, F64 is rounded to float32.
 *
 * @throws PlumblineError (kind `input`) `ambiguous-tensor`, `unknown-tensor`, `unsupported-dtype`, `not-a-matrix`,
 *   `shape-mismatch`, and those of `openSafetensors`; while reading, `file-changed`
 * @example
 * import { safetensorsFileSource } from "@plumbline/model-sources/node";
 * import { writeSafetensors } from "@plumbline/safetensors/node";
 *
 * await writeSafetensors("rows.safetensors", { x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } });
 * const source = await safetensorsFileSource("rows.safetensors", { hookPoint: "blocks.0.hook_resid_post" });
 * console.log(source.nRows, source.dIn); // 2 3
 */
export async function safetensorsFileSource(
  path: string,
  options: SafetensorsSourceOptions = {},
): Promise<ActivationSource> {
  const { tokenIdsTensor, positionsTensor } = options;
  const { reader: first, ...found } = await openChecked(path, options);
  await first.close();
  const { tensor, dtype, nRows, dIn } = found;
  return rowSource({
    name: "safetensors",
    nRows,
    dIn,
    options,
    provenance: { format: "safetensors", file: basename(path), tensor, dtype },
    open: async () => {
      const { reader, ...again } = await openChecked(path, options);
      if (again.tensor !== tensor || again.nRows !== nRows || again.dIn !== dIn) {
        await reader.close();
        throw fileError({
          code: "file-changed",
          message: `chunks(): expected ${nRows} rows of ${dIn} as before, got ${again.nRows} of ${again.dIn}`,
          where: path,
          hint: "make the source again",
        });
      }
      return {
        read: async (start, count) => ({
          nRows: count,
          rows: await reader.float32Elements(tensor, start * dIn, count * dIn),
          ...(tokenIdsTensor === undefined
            ? {}
            : { tokenIds: await reader.int32Elements(tokenIdsTensor, start, count) }),
          ...(positionsTensor === undefined
            ? {}
            : { positions: await reader.int32Elements(positionsTensor, start, count) }),
        }),
        close: () => reader.close(),
      };
    },
  });
}
