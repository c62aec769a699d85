/** The largest values seen of many lists, each with a key that says where it came from. */
export interface TopLists {
  /** the earlier of equal values stays before the later one */
  offer(list: number, entry: { readonly value: number; readonly key: number }): void;
  /** value that a new one has to exceed to enter; −Infinity while there is room */
  bar(list: number): number;
  /** largest first; fewer than `size` where fewer were offered */
  entries(list: number): { readonly value: number; readonly key: number }[];
}

/**
 * Lists of the `size` largest values. Values below {@link TopLists.bar} need not be offered: nearly all are, and comparing
 * them is all that they cost.
 */
export function createTopLists(options: { readonly nLists: number; readonly size: number }): TopLists {
  const { nLists, size } = options;
  const values = new Float64Array(nLists * size).fill(Number.NEGATIVE_INFINITY);
  const keys = new Float64Array(nLists * size);
  const bar = (list: number): number =>
    size === 0 ? Number.POSITIVE_INFINITY : (values[(list + 1) * size - 1] ?? Number.POSITIVE_INFINITY);
  return {
    bar,
    offer: (list, { value, key }) => {
      if (!(value > bar(list))) return;
      const first = list * size;
      let place = first + size - 1;
      while (place > first && value > (values[place - 1] ?? 0)) {
        values[place] = values[place - 1] ?? 0;
        keys[place] = keys[place - 1] ?? 0;
        place--;
      }
      values[place] = value;
      keys[place] = key;
    },
    entries: (list) => {
      const found: { value: number; key: number }[] = [];
      for (let place = list * size; place < (list + 1) * size; place++) {
        const value = values[place] ?? Number.NEGATIVE_INFINITY;
        if (value === Number.NEGATIVE_INFINITY) break;
        found.push({ value, key: keys[place] ?? 0 });
      }
      return found;
    },
  };
}
