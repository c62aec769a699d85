import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PlumblineError } from "@plumbline/core";
import type { SourcePlugin } from "./source-plugin.ts";

/**
 * The default export of a plugin module. Architectures and backends are typed by `@plumbline/core`
 * (`ArchitectureFactory`, `Backend`); the command that uses them checks their contract version.
 */
export interface PlumblinePlugin {
  readonly architectures?: readonly { readonly specVersion: number; readonly architectureName: string }[];
  readonly backends?: readonly { readonly specVersion: number; readonly name: string }[];
  readonly sources?: readonly SourcePlugin[];
}

const parts = ["architectures", "backends", "sources"] as const;

function refuse(name: string, problem: string, hint: string, cause?: unknown): PlumblineError {
  return new PlumblineError({
    code: "bad-plugin",
    kind: "usage",
    message: `[extract] loadPlugins(): ${problem}`,
    where: `plugin ${name}`,
    hint,
    cause,
  });
}

/** The file behind the `import` condition of a package that `require` cannot see, or nothing. */
async function importOnlyEntry(name: string, folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const root = join(at, "node_modules", name);
    try {
      const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
        exports?: string | Record<string, unknown>;
      };
      let entry: unknown = manifest.exports;
      while (typeof entry === "object" && entry !== null) {
        const conditions = entry as Record<string, unknown>;
        entry = conditions["."] ?? conditions.node ?? conditions.import ?? conditions.default;
      }
      return typeof entry === "string" ? join(root, entry) : undefined;
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

async function locate(name: string, folder: string): Promise<string> {
  if (name.startsWith(".") || isAbsolute(name)) return resolve(folder, name);
  try {
    return createRequire(join(folder, "noop.js")).resolve(name);
  } catch (cause) {
    const path = await importOnlyEntry(name, folder);
    if (path !== undefined) return path;
    throw refuse(name, "no such package", `install it, or write a path with "./" in front`, cause);
  }
}

function check(name: string, value: unknown): PlumblinePlugin {
  if (typeof value !== "object" || value === null) {
    throw refuse(
      name,
      "the module has no default export that is an object",
      "export default { sources: [ … ] }",
    );
  }
  for (const [key, list] of Object.entries(value)) {
    if (!parts.some((part) => part === key)) {
      throw refuse(name, `unknown part "${key}"`, `known: ${parts.join(", ")}`);
    }
    if (!Array.isArray(list)) throw refuse(name, `"${key}" is not an array`, "export a list of values");
  }
  return value;
}

/**
 * Loads plugin modules: ES modules whose default export is a {@link PlumblinePlugin}. Loading runs their code.
 *
 * @param names paths (starting with `.` or absolute) or package names
 * @param folder where paths start and packages are looked up: the folder of the configuration
 * @throws PlumblineError `bad-plugin`
 */
export async function loadPlugins(names: readonly string[], folder: string): Promise<PlumblinePlugin[]> {
  const plugins: PlumblinePlugin[] = [];
  for (const name of names) {
    const path = await locate(name, folder);
    let module: { default?: unknown };
    try {
      module = (await import(pathToFileURL(path).href)) as typeof module;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw refuse(
        name,
        `the module does not load: ${reason}`,
        "correct it or take it out of plugins",
        cause,
      );
    }
    plugins.push(check(name, module.default));
  }
  return plugins;
}
