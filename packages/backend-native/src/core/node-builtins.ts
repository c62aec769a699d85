/**
 * Node's own modules where there are any. Not by `import`, which bundlers for browsers would try to follow.
 *
 * @returns nothing outside of Node
 */
export function nodeBuiltins():
  | {
      readonly fs: typeof import("node:fs");
      readonly module: typeof import("node:module");
      readonly os: typeof import("node:os");
      readonly url: typeof import("node:url");
      readonly workers: typeof import("node:worker_threads");
    }
  | undefined {
  const get = globalThis.process?.getBuiltinModule;
  if (get === undefined) return undefined;
  return {
    fs: get("node:fs"),
    module: get("node:module"),
    os: get("node:os"),
    url: get("node:url"),
    workers: get("node:worker_threads"),
  };
}
