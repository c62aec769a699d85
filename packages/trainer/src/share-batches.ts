import { type BatchSource, PlumblineError } from "@plumbline/core";

/** One reader's share of a source; see {@link shareBatches}. */
export interface SharedBatches {
  /** gives every batch of the shared source once; to be iterated once */
  readonly source: BatchSource;
  /** for a reader that never began or will not go on: nobody waits for it any more; again is harmless */
  leave(): void;
}

type Result = IteratorResult<Float32Array>;

interface Waiting {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Order {
  readonly batchSize: number;
  readonly startStep: number;
}

/** Reads the source once; a batch is read when every reader has asked for the next. */
class Round {
  readonly #source: BatchSource;
  readonly #readers: Set<number>;
  #order: Order | undefined;
  #iterator: AsyncIterator<Float32Array> | undefined;
  #waiting: Waiting[] = [];

  constructor(source: BatchSource, nReaders: number) {
    this.#source = source;
    this.#readers = new Set(Array.from({ length: nReaders }, (_, reader) => reader));
  }

  /** @throws PlumblineError `bad-option` where another reader asked for other batches */
  open(order: Order): void {
    const { batchSize, startStep } = this.#order ?? order;
    if (order.batchSize !== batchSize || order.startStep !== startStep) {
      throw new PlumblineError({
        code: "bad-option",
        kind: "usage",
        message: `[trainer] shareBatches(): expected batches of ${batchSize} rows from step ${startStep}, as the first reader asked for, got ${order.batchSize} from step ${order.startStep}`,
        hint: "train what differs in this in runs of its own",
      });
    }
    this.#order = order;
    this.#iterator ??= this.#source.batches(order)[Symbol.asyncIterator]();
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#readWhenAllWait();
    });
  }

  leave(reader: number): void {
    if (!this.#readers.delete(reader)) return;
    if (this.#readers.size > 0) this.#readWhenAllWait();
    else void this.#iterator?.return?.()?.catch(() => undefined);
  }

  #readWhenAllWait(): void {
    if (this.#iterator === undefined || this.#waiting.length === 0) return;
    if (this.#waiting.length < this.#readers.size) return;
    const round = this.#waiting;
    this.#waiting = [];
    this.#iterator.next().then(
      (result) => {
        for (const { resolve } of round) resolve(result);
      },
      (error) => {
        for (const { reject } of round) reject(error);
      },
    );
  }
}

/**
 * Hands the batches of one source to several readers in lockstep: each batch is read once, and the next only when every reader
 * has asked for it, so that no reader runs ahead and nothing is kept. Several SAEs learn from one pass over activations so.
 *
 * All readers must ask for the same batch size and first step. A reader that stops its iteration leaves; one that never begins
 * must be told to, or the others wait for it.
 *
 * @returns a share for each reader
 * @throws PlumblineError `bad-option` for nReaders below 1; from a share's `batches()` where it asks for other batches than the
 *   first; what the source throws reaches every reader
 * @example
 * import { createActivationMemory } from "@plumbline/activation-store";
 * import { shareBatches } from "@plumbline/trainer";
 *
 * const memory = createActivationMemory({ dIn: 1, rows: Float32Array.of(1, 2, 3, 4), hookPoint: "toy" });
 * const shares = shareBatches(memory.batchSource({ seed: 0 }), 2);
 * const first = shares.map(async ({ source }) => {
 *   for await (const batch of source.batches({ batchSize: 2, startStep: 0 })) return [...batch];
 * });
 * const [a, b] = await Promise.all(first);
 * console.log(String(a) === String(b)); // true
 */
export function shareBatches(source: BatchSource, nReaders: number): readonly SharedBatches[] {
  if (!Number.isSafeInteger(nReaders) || nReaders < 1) {
    throw new PlumblineError({
      code: "bad-option",
      kind: "usage",
      message: `[trainer] shareBatches(): expected nReaders to be a whole number from 1, got ${nReaders}`,
    });
  }
  const round = new Round(source, nReaders);
  const { dIn, nRows, statistics } = source;
  return Array.from({ length: nReaders }, (_, reader) => ({
    source: {
      dIn,
      nRows,
      statistics,
      async *batches(order: Order) {
        try {
          round.open(order);
          for (;;) {
            const result = await round.next();
            if (result.done) return;
            yield result.value;
          }
        } finally {
          round.leave(reader);
        }
      },
    },
    leave: () => round.leave(reader),
  }));
}
