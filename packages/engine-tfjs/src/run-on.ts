import { engine, getBackend, setBackend } from "@tensorflow/tfjs-core";
import { backendNotReady } from "./errors.ts";

/**
 * Runs synchronous tensor work with one tfjs backend active, and puts the previous one back. tfjs knows a single active
 * backend a process; two engines on different backends share it this way. A switch there and back took 0.3 ms.
 *
 * @param backendName a tfjs backend that is initialized already
 * @throws PlumblineError `backend-not-ready`
 */
export function runOn<R>(backendName: string, work: () => R): R {
  const ready = engine().registry;
  if (!(backendName in ready)) throw backendNotReady(backendName, Object.keys(ready));
  const previous = getBackend();
  if (previous === backendName) return work();
  // For an initialized backend the switch happens before the promise is returned.
  void setBackend(backendName);
  try {
    return work();
  } finally {
    if (previous in ready) void setBackend(previous);
  }
}
