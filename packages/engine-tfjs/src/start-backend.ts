import {
  engine,
  findBackend,
  findBackendFactory,
  registerBackend,
  removeBackend,
} from "@tensorflow/tfjs-core";
import { backendNotRegistered } from "./errors.ts";

/**
 * Starts a registered tfjs backend and leaves the active one alone, whatever runs meanwhile.
 *
 * tfjs's own `setBackend` would make it active, and while it waits for one backend, work on every other one throws. So the
 * factory is run here, and registered again as one that has its answer.
 *
 * @param backendName as `cpu` or `wasm`; its package must be loaded. Call again only when the first call has settled
 * @throws PlumblineError `backend-not-registered`, and what the backend's own start throws
 */
export async function startTfjsBackend(backendName: string): Promise<void> {
  const { registry, registryFactory } = engine();
  if (backendName in registry) return;
  const factory = findBackendFactory(backendName);
  if (factory === null) throw backendNotRegistered(backendName, Object.keys(registryFactory));
  const started = await factory();
  // Someone else may have started it by now.
  if (backendName in registry) return;
  const priority = registryFactory[backendName]?.priority ?? 1;
  removeBackend(backendName);
  registerBackend(backendName, () => started, priority);
  findBackend(backendName);
}
