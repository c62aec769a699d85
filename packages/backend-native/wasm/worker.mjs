// One thread of the core in WebAssembly: the leader, which does what it is told, or a helper, which waits for loops. Runs as a
// worker of Node or of a browser.
import { createMemory, createWasmEngine, instantiate } from "./core.mjs";

/** @typedef {{ postMessage(message: unknown): void }} Port */

const isNode = typeof process === "object" && process.versions?.node !== undefined;

/** @param {(message: any, port: Port) => void} handle */
async function listen(handle) {
  if (isNode) {
    const { parentPort } = await import("node:worker_threads");
    parentPort?.on("message", (message) => handle(message, parentPort));
  } else {
    const scope = /** @type {any} */ (globalThis);
    scope.onmessage = (/** @type {{ data: unknown }} */ event) => handle(event.data, scope);
  }
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

await listen(({ id, operation, args }, port) => {
  try {
    const own = /** @type {Record<string, (...args: any[]) => unknown>} */ (operations)[operation];
    const result = own === undefined ? engine?.[operation]?.(...args) : own(...args);
    port.postMessage({ id, result });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
