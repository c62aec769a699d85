import { dtypeNames, dtypeRank, isDtype, itemBytes, type SafetensorsDtype } from "./dtype.ts";
import { quote, usageError } from "./errors.ts";
import { elementCount, type TensorEntry } from "./tensor-entry.ts";
import { requireLittleEndian } from "./widen.ts";

/** Arrays that a tensor can be written from. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

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

/** Dtype and shape of a tensor whose data come later. */
export type TensorLayout = Readonly<
  Record<string, { readonly dtype: SafetensorsDtype; readonly shape: readonly number[] }>
>;

/** Where everything goes in a file that is about to be written. */
export interface FileLayout {
  /** length, header JSON and padding: the file's bytes before its data */
  readonly head: Uint8Array;
  /** in the order of their bytes */
  readonly entries: readonly TensorEntry[];
  readonly dataBytes: number;
}

/** Code-point order, which is the order of UTF-8 bytes and so that of the reference writer; `<` compares UTF-16 units. */
function compareNames(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function checkText(text: string, what: string, from: string): void {
  if (/\p{Surrogate}/u.test(text) || text === "__proto__") {
    throw usageError({
      code: "bad-name",
      message: `${from}: ${what} ${quote(text)} cannot be stored, expected valid Unicode other than "__proto__"`,
      hint: "choose another name",
    });
  }
}

/**
 * Decides where each tensor goes, as the reference writer does: wider dtypes first, equal ones by name, the header padded
 * with spaces so that the data start at a multiple of 8.
 *
 * @source `prepare` in huggingface/safetensors `safetensors/src/tensor.rs`
 */
export function planFile(
  layout: TensorLayout,
  metadata: Readonly<Record<string, string>> | undefined,
  from: string,
): FileLayout {
  const ordered = Object.entries(layout).sort(
    ([a, x], [b, y]) => dtypeRank(y.dtype) - dtypeRank(x.dtype) || compareNames(a, b),
  );
  const parts: string[] = [];
  if (metadata !== undefined) {
    const pairs = Object.entries(metadata).sort(([a], [b]) => compareNames(a, b));
    for (const [key, value] of pairs) {
      checkText(key, "the metadata key", from);
      if (typeof value !== "string") {
        throw usageError({
          code: "bad-metadata",
          message: `${from}: expected text for the metadata key ${quote(key)}, got ${typeof value}`,
          hint: "write numbers and objects as text",
        });
      }
      if (value !== "__proto__") checkText(value, "the metadata value", from);
    }
    const fields = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    parts.push(`"__metadata__":{${fields.join()}}`);
  }
  const entries: TensorEntry[] = [];
  let dataBytes = 0;
  for (const [name, { dtype, shape }] of ordered) {
    checkText(name, "the tensor name", from);
    const nElements = isDtype(dtype) ? elementCount(shape, dtype) : undefined;
    if (nElements === undefined || name === "__metadata__") {
      throw usageError({
        code: "bad-tensor",
        message: `${from}: cannot store a tensor ${quote(name)} of dtype ${dtype} and shape [${shape.join(", ")}]`,
        hint: `dtypes are ${dtypeNames.join(", ")}; sizes are integers from 0; "__metadata__" is no tensor name`,
      });
    }
    const byteStart = dataBytes;
    dataBytes += nElements * itemBytes(dtype);
    entries.push({ name, dtype, shape: [...shape], byteStart, byteEnd: dataBytes });
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join()}],"data_offsets":[${byteStart},${dataBytes}]}`,
    );
  }
  const json = new TextEncoder().encode(`{${parts.join()}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return { head, entries, dataBytes };
}

const naturalDtypes: Readonly<Record<string, SafetensorsDtype>> = {
  Float32Array: "F32",
  Float64Array: "F64",
  Int8Array: "I8",
  Uint8Array: "U8",
  Int16Array: "I16",
  Uint16Array: "U16",
  Int32Array: "I32",
  Uint32Array: "U32",
  BigInt64Array: "I64",
  BigUint64Array: "U64",
};

/**
 * The little-endian bytes of an array that becomes (part of) a tensor, as a view.
 *
 * @throws PlumblineError `dtype-mismatch` where the array's type does not fit the dtype
 */
export function bytesOf(data: TensorData, dtype: SafetensorsDtype, from: string, name: string): Uint8Array {
  requireLittleEndian();
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const natural = naturalDtypes[kind];
  const bits = natural === "U16" && (dtype === "F16" || dtype === "BF16");
  if (natural !== dtype && natural !== "U8" && !bits) {
    throw usageError({
      code: "dtype-mismatch",
      message: `${from}: a ${kind} cannot be written as ${dtype} (tensor ${quote(name)})`,
      hint: "hand in the matching array type, or the little-endian bytes as a Uint8Array",
    });
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
