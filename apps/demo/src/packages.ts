import { createRequire } from "node:module";
import { dirname } from "node:path";
import { PlumblineError } from "@plumbline/core";

const require = createRequire(import.meta.url);

/** An installed package that the demo reads data from. */
export interface DataPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/**
 * Finds an installed package.
 *
 * @throws PlumblineError `missing-package` with the command that installs it
 */
export function findPackage(name: string): DataPackage {
  try {
    const path = require.resolve(`${name}/package.json`);
    const { version } = require(path) as { version: string };
    return { name, version, folder: dirname(path) };
  } catch (cause) {
    throw new PlumblineError({
      code: "missing-package",
      kind: "environment",
      message: `[demo] findPackage(): expected ${name} to be installed, it is not`,
      hint: `run: npm install ${name}`,
      cause,
    });
  }
}

/** Loads a CommonJS package that exports one function without arguments, and calls it. */
export function callPackage(name: string): unknown {
  findPackage(name);
  const exported = require(name) as () => unknown;
  return exported();
}
