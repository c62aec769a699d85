/**
 * Gives timers, signals and drawing their turn. Awaiting what is already there does not: with an engine and a source that
 * compute in this thread, a run would otherwise hear of Ctrl-C only at its end, and a page would stand still.
 *
 * Microseconds where `setImmediate` exists; browsers may make it 4 ms.
 */
export function letOthersRun(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
