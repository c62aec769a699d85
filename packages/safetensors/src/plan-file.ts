import { dtypeNames, dtypeRank, isDtype, itemBytes, type SafetensorsDtype } from "./dtype.ts";
import { quote, usageError } from "./errors.ts";
import { elementCount, type TensorEntry } from "./tensor-entry.ts";

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

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function checkText(text: string, what: string, from: string): void {
  if (hasLoneSurrogate(text) || text === "__proto__") {
    throw usageError({
      code: "bad-name",
      message: `${from}: ${what} ${quote(text)} cannot be stored, expected valid Unicode other than "__proto__"`,
      hint: "choose another name",
    });
  }
}

/** The `"__metadata__":{…}` part of a header, keys in order. */
function metadataJson(metadata: Readonly<Record<string, string>>, from: string): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => compareNames(a, b));
  const fields = pairs.map(([key, value]) => {
    checkText(key, "the metadata key", from);
    if (typeof value !== "string" || hasLoneSurrogate(value)) {
      throw usageError({
        code: "bad-metadata",
        message: `${from}: expected valid Unicode text for the metadata key ${quote(key)}, got ${typeof value}`,
        hint: "write numbers and objects as text",
      });
    }
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return `"__metadata__":{${fields.join()}}`;
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
  const parts = metadata === undefined ? [] : [metadataJson(metadata, from)];
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
