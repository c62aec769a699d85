import { itemBytes, type SafetensorsDtype } from "./dtype.ts";
import { quote, usageError } from "./errors.ts";
import { planFile, type TensorLayout } from "./plan-file.ts";
import { bytesOf, naturalDtypes, type TensorData } from "./tensor-data.ts";
import { elementCount } from "./tensor-entry.ts";

/** A tensor to write, row-major. */
export interface TensorToWrite {
  readonly shape: readonly number[];
  readonly data: TensorData;
  /**
   * Needed only where it does not follow from the array's type: `BOOL` over a Uint8Array, `F16` or `BF16` over a
   * Uint16Array of bit patterns, anything over a Uint8Array of its little-endian bytes.
   */
  readonly dtype?: SafetensorsDtype;
}

/** Dtypes, shapes and bytes of tensors whose data are at hand, checked against each other. */
export function layoutOf(
  tensors: Readonly<Record<string, TensorToWrite>>,
  from: string,
): { layout: TensorLayout; bytes: ReadonlyMap<string, Uint8Array> } {
  const bytes = new Map<string, Uint8Array>();
  const layout = Object.entries(tensors).map(([name, tensor]) => {
    const kind = Object.prototype.toString.call(tensor.data).slice(8, -1);
    const dtype = tensor.dtype ?? naturalDtypes[kind] ?? "U8";
    const stored = bytesOf(tensor.data, dtype, from, name);
    const nElements = elementCount(tensor.shape, dtype);
    if (nElements !== undefined && stored.length !== nElements * itemBytes(dtype)) {
      throw usageError({
        code: "shape-mismatch",
        message: `${from}: tensor ${quote(name)} of shape [${tensor.shape.join(", ")}] and dtype ${dtype} takes ${nElements * itemBytes(dtype)} bytes, got ${stored.length}`,
        hint: "does the shape belong to this array?",
      });
    }
    bytes.set(name, stored);
    return [name, { dtype, shape: tensor.shape }] as const;
  });
  return { layout: Object.fromEntries(layout), bytes };
}

/**
 * Encodes tensors as a safetensors file. The bytes depend on the content only, not on the order in which it is handed in,
 * and equal those of the reference writer.
 *
 * @param tensors data with shapes, by name
 * @param metadata free text by key; `__metadata__` of the file, left out if not given
 * @throws PlumblineError (kind `usage`) `shape-mismatch`, `dtype-mismatch`, `bad-tensor`, `bad-name`, `bad-metadata`
 * @source byte-equal to safetensors 0.8.0 on `fixtures/safetensors`
 * @example
 * import { encodeSafetensors } from "@plumbline/safetensors";
 *
 * const bytes = encodeSafetensors({ mean: { shape: [3], data: Float32Array.of(1, 2, 3) } }, { unit: "none" });
 * console.log(bytes.length % 4); // 0
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorToWrite>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const { layout, bytes } = layoutOf(tensors, "encodeSafetensors()");
  const { head, entries, dataBytes } = planFile(layout, metadata, "encodeSafetensors()");
  const file = new Uint8Array(head.length + dataBytes);
  file.set(head);
  for (const { name, byteStart } of entries) {
    file.set(bytes.get(name) ?? new Uint8Array(), head.length + byteStart);
  }
  return file;
}
