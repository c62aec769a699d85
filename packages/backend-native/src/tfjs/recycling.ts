/** Arrays of at least this many floats are kept: for them, fresh pages cost more than the numbers that are written to them. */
const worthKeeping = 2 ** 16;

/**
 * Arrays whose tensors are gone, to be used again by size. They are held weakly, until the next full garbage collection at the
 * longest, so that nothing is kept from a process that has stopped training.
 */
export class Recycling {
  readonly #free = new Map<number, WeakRef<Float32Array>[]>();
  /** arrays made here that nobody but native kernels has had in hand */
  readonly #ours = new WeakSet<object>();

  #takeUsed(size: number): Float32Array | undefined {
    const free = this.#free.get(size);
    for (let last = free?.pop(); last !== undefined; last = free?.pop()) {
      const array = last.deref();
      if (array !== undefined) return array;
    }
    return undefined;
  }

  /** Room for `size` floats, with whatever is in it. */
  take(size: number): Float32Array {
    const array = this.#takeUsed(size) ?? new Float32Array(size);
    if (size >= worthKeeping) this.#ours.add(array);
    return array;
  }

  takeZeros(size: number): Float32Array {
    const used = this.#takeUsed(size);
    return used === undefined ? this.take(size) : used.fill(0);
  }

  /** Someone else has got the array, or a view of it, and may keep it: it is never used again. */
  release(values: unknown): void {
    if (values instanceof Float32Array) this.#ours.delete(values);
  }

  /** The last tensor with these values is gone. */
  give(values: unknown): void {
    if (!(values instanceof Float32Array) || !this.#ours.has(values)) return;
    const free = this.#free.get(values.length) ?? [];
    free.push(new WeakRef(values));
    this.#free.set(values.length, free);
  }
}
