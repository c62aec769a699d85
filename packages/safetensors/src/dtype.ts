/** Element types of the format that this package reads and writes, with their names there. */
export type SafetensorsDtype =
  | "BOOL"
  | "U8"
  | "I8"
  | "U16"
  | "I16"
  | "F16"
  | "BF16"
  | "U32"
  | "I32"
  | "F32"
  | "U64"
  | "I64"
  | "F64";

/**
 * Bytes of one element, and the rank by which the reference writer orders tensors in a file (higher first; equal ranks by
 * name). Wide elements come first, so every tensor starts at a multiple of its element's size.
 *
 * @source order of `Dtype` in huggingface/safetensors `safetensors/src/tensor.rs`
 */
const dtypes: ReadonlyMap<string, { readonly itemBytes: number; readonly rank: number }> = new Map([
  ["BOOL", { itemBytes: 1, rank: 0 }],
  ["U8", { itemBytes: 1, rank: 1 }],
  ["I8", { itemBytes: 1, rank: 2 }],
  ["I16", { itemBytes: 2, rank: 3 }],
  ["U16", { itemBytes: 2, rank: 4 }],
  ["F16", { itemBytes: 2, rank: 5 }],
  ["BF16", { itemBytes: 2, rank: 6 }],
  ["I32", { itemBytes: 4, rank: 7 }],
  ["U32", { itemBytes: 4, rank: 8 }],
  ["F32", { itemBytes: 4, rank: 9 }],
  ["F64", { itemBytes: 8, rank: 10 }],
  ["I64", { itemBytes: 8, rank: 11 }],
  ["U64", { itemBytes: 8, rank: 12 }],
]);

export const dtypeNames: readonly string[] = [...dtypes.keys()];

export function isDtype(name: string): name is SafetensorsDtype {
  return dtypes.has(name);
}

/** Bytes of one element. */
export function itemBytes(dtype: SafetensorsDtype): number {
  return dtypes.get(dtype)?.itemBytes ?? 0;
}

/** Place of a dtype in the reference writer's order; tensors of higher rank are stored first. */
export function dtypeRank(dtype: SafetensorsDtype): number {
  return dtypes.get(dtype)?.rank ?? 0;
}
