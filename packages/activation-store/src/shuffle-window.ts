/** Rows that wait for their turn, ordered by key; equal keys by row. */
export interface ShuffleWindow {
  /** rows held */
  size(): number;
  /** Takes a copy of one row. */
  push(row: number, key: number, values: Float32Array): void;
  /** the smallest key; infinity where nothing is held */
  leastKey(): number;
  /** Removes the row of the smallest key and writes it to `out`, where there is one. */
  pop(out?: Float32Array): void;
}

/** Rows are kept in blocks of about this many values, made when they are needed first. */
const valuesPerBlock = 2 ** 18;

/** Room for rows of one width, each with a number that is used again when it is given back. */
function createSlots(dIn: number) {
  const rowsPerBlock = Math.max(1, Math.floor(valuesPerBlock / dIn));
  const blocks: Float32Array[] = [];
  const free: number[] = [];
  let used = 0;
  return {
    take: (): number => {
      const slot = free.pop() ?? used++;
      if (slot >= blocks.length * rowsPerBlock) blocks.push(new Float32Array(rowsPerBlock * dIn));
      return slot;
    },
    give: (slot: number): void => {
      free.push(slot);
    },
    at: (slot: number): Float32Array => {
      const start = (slot % rowsPerBlock) * dIn;
      return (blocks[Math.floor(slot / rowsPerBlock)] ?? new Float32Array(dIn)).subarray(start, start + dIn);
    },
  };
}

/**
 * A binary heap over rows.
 *
 * @param dIn width of a row
 * @param most rows held at once
 */
export function createShuffleWindow(dIn: number, most: number): ShuffleWindow {
  const slots = createSlots(dIn);
  const keys = new Float64Array(most);
  const rows = new Float64Array(most);
  const places = new Uint32Array(most);
  let size = 0;
  const before = (i: number, j: number): boolean => {
    const difference = (keys[i] ?? 0) - (keys[j] ?? 0);
    return difference === 0 ? (rows[i] ?? 0) < (rows[j] ?? 0) : difference < 0;
  };
  const exchange = (i: number, j: number): void => {
    for (const column of [keys, rows, places]) {
      const value = column[i] ?? 0;
      column[i] = column[j] ?? 0;
      column[j] = value;
    }
  };
  const rise = (from: number): void => {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >>> 1;
      if (!before(i, parent)) return;
      exchange(i, parent);
      i = parent;
    }
  };
  const sink = (): void => {
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < size && before(child, least)) least = child;
      if (least === i) return;
      exchange(i, least);
      i = least;
    }
  };
  return {
    size: () => size,
    push: (row, key, values) => {
      const slot = slots.take();
      slots.at(slot).set(values);
      keys[size] = key;
      rows[size] = row;
      places[size] = slot;
      rise(size++);
    },
    leastKey: () => (size === 0 ? Number.POSITIVE_INFINITY : (keys[0] ?? 0)),
    pop: (out) => {
      const slot = places[0] ?? 0;
      out?.set(slots.at(slot));
      slots.give(slot);
      size--;
      exchange(0, size);
      sink();
    },
  };
}
