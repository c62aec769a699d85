// One thread of the core in WebAssembly: the leader, which does what it is told, or a helper, which waits for loops. Runs as a
// worker of Node or of a browser.
import { createMemory, createWasmEngine, instantiate } from "./core.mjs";

/** @typedef {{ postMessage(message: unknown): void }} Port */

/** @param {(message: any, port: Port) => void} handle */
function listen(handle) {
  // Not by `import`, which bundlers for browsers would try to follow.
  const { parentPort } = globalThis.process?.getBuiltinModule?.("node:worker_threads") ?? {};
  if (parentPort) {
    parentPort.on("message", (message) => handle(message, parentPort));
    return;
  }
  const scope = /** @type {any} */ (globalThis);
  scope.onmessage = (/** @type {{ data: unknown }} */ event) => handle(event.data, scope);
}

/** @type {Record<string, (...args: any[]) => unknown> | undefined} */
let engine;

/** What the host may ask for. `start` comes first, once. */
const operations = {
  /** The leader: an engine, and stacks for the helpers to come. */
  lead: (/** @type {any} */ { module, memory = createMemory(), threads, stackBytes, ...options }) => {
    const core = instantiate(module, memory);
    const pool = core.createPool(threads);
    engine = createWasmEngine(core, memory, { ...options, pool });
    const stacks = Array.from({ length: threads - 1 }, () => core.allocateBytes(stackBytes) >>> 0);
    return { pool, stacks };
  },
  /** A helper: its own stack, then loops for the rest of its life. */
  help: (/** @type {any} */ { module, memory, pool, stack, stackBytes, thread }) => {
    const core = instantiate(module, memory);
    core.__stack_pointer.value = stack + stackBytes;
    core.helpPool(pool, thread);
  },
};

listen(({ id, operation, args }, port) => {
  try {
    const own = /** @type {Record<string, (...args: any[]) => unknown>} */ (operations)[operation];
    const result = own === undefined ? engine?.[operation]?.(...args) : own(...args);
    port.postMessage({ id, result });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
