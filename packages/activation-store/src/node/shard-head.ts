/** What every shard of a store has in common. */
export interface ShardLayout {
  readonly dIn: number;
  readonly tokenIds: boolean;
  readonly positions: boolean;
}

/** Names of the per-row integers that a layout has, in the order in which they are stored. */
export function idNames(layout: ShardLayout): readonly ("positions" | "tokenIds")[] {
  return (["positions", "tokenIds"] as const).filter((name) => layout[name]);
}

/**
 * The bytes of a shard before its data: length and header of a safetensors file that holds `activations`, `positions` and
 * `tokenIds` in this order, which is that of the reference writer.
 *
 * @param padTo length to fill up to with spaces; a shard that turns out shorter than planned keeps its data where they are
 */
export function shardHead(layout: ShardLayout, nRows: number, padTo = 0): Uint8Array {
  let end = 4 * nRows * layout.dIn;
  const fields = [
    `"activations":{"dtype":"F32","shape":[${nRows},${layout.dIn}],"data_offsets":[0,${end}]}`,
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
