import { openSync, readSync } from "node:fs";

/**
 * Reads one batch at a time, in file order, from the start again after the last. There is one buffer, which every batch
 * overwrites: the process holds a single batch, as a training loop does.
 */
export class RowFile {
  readonly #file: number;
  readonly #buffer: Float32Array;
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(path: string, shape: { batchSize: number; dIn: number }) {
    this.#file = openSync(path, "r");
    this.#buffer = new Float32Array(shape.batchSize * shape.dIn);
    this.#bytes = new Uint8Array(this.#buffer.buffer);
  }

  /** The next batch `[batchSize, dIn]`, valid until the next call. */
  next(): Float32Array {
    let filled = 0;
    let isFresh = true;
    while (filled < this.#bytes.length) {
      const left = this.#bytes.length - filled;
      const nRead = readSync(this.#file, this.#bytes, filled, left, this.#position);
      if (nRead === 0 && !isFresh) throw new Error("the file of batches is empty");
      isFresh = nRead > 0;
      this.#position = nRead === 0 ? 0 : this.#position + nRead;
      filled += nRead;
    }
    return this.#buffer;
  }

  /** The next batch is the first again. */
  rewind(): void {
    this.#position = 0;
  }
}
