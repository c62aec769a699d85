import type { PlumblineError } from "@plumbline/core";
import { storeError } from "../errors.ts";

/** The error for work that its caller stopped. */
export function interruptedError(doing: string, cause: unknown): PlumblineError {
  return storeError({
    code: "interrupted",
    kind: "interrupted",
    message: `${doing}: stopped on request`,
    hint: "nothing half-written was left",
    cause,
  });
}

/** What `promise` gives, or a rejection with the signal's reason as soon as it is aborted. */
async function orAbort<R>(promise: Promise<R>, signal: AbortSignal): Promise<R> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * The chunks of a source, until the signal is aborted: then at once, even where the source does not listen.
 *
 * @throws PlumblineError `interrupted`
 */
export async function* interruptible<Chunk>(
  chunks: AsyncIterable<Chunk>,
  signal: AbortSignal | undefined,
  doing: string,
): AsyncGenerator<Chunk, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = iterator.next();
      const result = await (signal === undefined ? next : orAbort(next, signal));
      if (result.done) {
        ended = true;
        return;
      }
      yield result.value;
    }
  } catch (error) {
    if (signal?.aborted) throw interruptedError(doing, error);
    throw error;
  } finally {
    if (!ended) {
      // A source that ignored the signal may be stuck in next(), and its return() with it: do not wait for that one.
      const closing = Promise.resolve(iterator.return?.()).catch(() => undefined);
      if (!signal?.aborted) await closing;
    }
  }
}
