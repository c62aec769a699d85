/** The token ids or positions of a shard's rows, collected until the rows are written. */
export interface IdColumn {
  /** Takes a copy. */
  add(ids: Int32Array): void;
  /** all that were added, as a view */
  all(): Int32Array;
}

/** Grows with what is added: 4 bytes a row, at most twice that. */
export function createIdColumn(): IdColumn {
  let column = new Int32Array(1024);
  let length = 0;
  return {
    add: (ids) => {
      if (length + ids.length > column.length) {
        const larger = new Int32Array(Math.max(2 * column.length, length + ids.length));
        larger.set(column.subarray(0, length));
        column = larger;
      }
      column.set(ids, length);
      length += ids.length;
    },
    all: () => column.subarray(0, length),
  };
}
