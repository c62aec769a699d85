import { bytesPerValue, type StoreDtype } from "../manifest.ts";

/** What every shard of a store has in common. */
export interface ShardLayout {
  readonly dIn: number;
  readonly dtype: StoreDtype;
  readonly tokenIds: boolean;
  readonly positions: boolean;
}

/** Name of a shard's file. */
export function shardName(index: number): string {
  return `shard-${String(index).padStart(5, "0")}.safetensors`;
}

/** Names of the per-row integers that a layout has, in the order in which they are stored. */
export function idNames(
  layout: Pick<ShardLayout, "tokenIds" | "positions">,
): readonly ("positions" | "tokenIds")[] {
  return (["positions", "tokenIds"] as const).filter((name) => layout[name]);
}

/** Bytes of the activations of one row. */
export function rowBytesOf({ dIn, dtype }: Pick<ShardLayout, "dIn" | "dtype">): number {
  return dIn * bytesPerValue[dtype];
}

/**
 * The bytes of a shard before its data: length and header of a safetensors file that holds `activations`, `positions` and
 * `tokenIds` in this order. For F32 it is that of the reference writer, which would put them first for F16 and BF16; but
 * what comes first must be known first.
 *
 * @param padTo length to fill up to with spaces; a shard that turns out shorter than planned keeps its data where they are
 */
export function shardHead(layout: ShardLayout, nRows: number, padTo = 0): Uint8Array {
  let end = nRows * rowBytesOf(layout);
  const fields = [
    `"activations":{"dtype":"${layout.dtype}","shape":[${nRows},${layout.dIn}],"data_offsets":[0,${end}]}`,
    ...idNames(layout).map((name) => {
      const start = end;
      end += 4 * nRows;
      return `"${name}":{"dtype":"I32","shape":[${nRows}],"data_offsets":[${start},${end}]}`;
    }),
  ];
  const json = new TextEncoder().encode(`{${fields.join()}}`);
  const length = Math.max(8 + Math.ceil(json.length / 8) * 8, padTo);
  const head = new Uint8Array(length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length - 8), true);
  head.set(json, 8);
  return head;
}
