// Run with a package's entry points as arguments: imports them and prints what that did to the process, as one line of JSON.
const [...specifiers] = process.argv.slice(2);

/** Left behind by libraries that ours import: TensorFlow.js's one engine, zod's settings. */
const leftByOthers = new Set(["_tfengine", "_tfGlobals", "__zod_globalConfig", "__zod_globalRegistry"]);

const globalsBefore = new Set(Reflect.ownKeys(globalThis));
const listenersBefore = new Set(process.eventNames());
for (const specifier of specifiers) await import(specifier);

/** @type {{ _tfGlobals?: Map<string, Map<unknown, unknown>>, _tfengine?: { registryFactory: object } }} */
const { _tfGlobals, _tfengine } = /** @type {never} */ (globalThis);
console.log(
  JSON.stringify({
    globals: Reflect.ownKeys(globalThis)
      .filter((key) => !globalsBefore.has(key) && !leftByOthers.has(String(key)))
      .map(String),
    listeners: process.eventNames().filter((name) => !listenersBefore.has(name)),
    kernels: _tfGlobals?.get("kernelRegistry")?.size ?? 0,
    gradients: _tfGlobals?.get("gradRegistry")?.size ?? 0,
    backends: Object.keys(_tfengine?.registryFactory ?? {}),
  }),
);
