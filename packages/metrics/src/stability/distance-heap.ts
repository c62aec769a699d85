/** Columns by distance, the nearest first. */
export interface DistanceHeap {
  /** a column, again whenever its distance has become less */
  push(column: number): void;
  /** the nearest column, each once; −1 when there is none */
  pop(): number;
  clear(): void;
}

/** A binary heap over `distance`, which others write. Entries that were overtaken are passed over. */
export function createDistanceHeap(distance: Float64Array): DistanceHeap {
  const columns: number[] = [];
  const keys: number[] = [];
  const swapDown = (key: number, column: number): void => {
    const n = columns.length;
    let at = 0;
    for (let child = 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= key) break;
      keys[at] = keys[child] as number;
      columns[at] = columns[child] as number;
      at = child;
    }
    keys[at] = key;
    columns[at] = column;
  };
  return {
    push: (column) => {
      const key = distance[column] as number;
      let at = columns.push(column) - 1;
      keys.push(key);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if ((keys[parent] as number) <= key) break;
        keys[at] = keys[parent] as number;
        columns[at] = columns[parent] as number;
        at = parent;
      }
      keys[at] = key;
      columns[at] = column;
    },
    pop: () => {
      while (columns.length > 0) {
        const [key, column] = [keys[0] as number, columns[0] as number];
        const lastKey = keys.pop() as number;
        const lastColumn = columns.pop() as number;
        if (columns.length > 0) swapDown(lastKey, lastColumn);
        if (key === distance[column]) return column;
      }
      return -1;
    },
    clear: () => {
      columns.length = 0;
      keys.length = 0;
    },
  };
}
