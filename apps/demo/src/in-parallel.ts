/** A piece of work that stops early when its signal fires. */
export type Job<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Runs jobs, at most `limit` at a time, in their order. When one fails the others are told to stop and waited for, then its
 * error is thrown.
 *
 * @param options.signal stops all jobs
 * @returns their results, in the order of the jobs
 */
export async function inParallel<T>(
  jobs: readonly Job<T>[],
  options: { limit: number; signal?: AbortSignal | undefined },
): Promise<T[]> {
  const { limit, signal } = options;
  const stopper = new AbortController();
  const combined = signal === undefined ? stopper.signal : AbortSignal.any([signal, stopper.signal]);
  const results: T[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await (jobs[index] as Job<T>)(combined);
      } catch (error) {
        failures.push(error);
        stopper.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, jobs.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
