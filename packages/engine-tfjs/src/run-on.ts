import { engine, getBackend, setBackend } from "@tensorflow/tfjs-core";

/**
 * Runs synchronous tensor work with one tfjs backend active, and puts the previous one back. tfjs knows a single active
 * backend a process; two engines on different backends share it this way.
 *
 * @param backendName a tfjs backend that is initialized already
 */
export function runOn<R>(backendName: string, work: () => R): R {
  const previous = getBackend();
  if (previous === backendName) return work();
  // For an initialized backend the switch happens before the promise is returned.
  void setBackend(backendName);
  try {
    return work();
  } finally {
    if (previous in engine().registry) void setBackend(previous);
  }
}
