import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type JsonObject, PlumblineError } from "@plumbline/core";
import { expectedError } from "../terminal/expected-error.ts";
import { JsoncSyntaxError, parseJsonc } from "./parse-jsonc.ts";

/** A configuration as it was written, and where its keys stand. */
export interface ConfigDocument {
  /** for messages */
  readonly name: string;
  /** folder that relative paths in it start from */
  readonly folder: string;
  readonly value: JsonObject;
  /** `name`, with the line of the key, or of the nearest object around it */
  placeOf(key: string): string;
}

/** A configuration written by a person stays far below this. */
const maxBytes = 2 ** 20;

function refuse(code: string, message: string, where: string, hint: string, cause?: unknown): PlumblineError {
  return new PlumblineError({ code, kind: "usage", message, where, hint, cause });
}

function asObject(value: unknown, name: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw refuse(
    "bad-config",
    `[cli] config: expected an object, got ${Array.isArray(value) ? "an array" : String(value)}`,
    name,
    `"plumbline config schema" prints what belongs in it`,
  );
}

async function loadModule(path: string, name: string): Promise<ConfigDocument> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      "bad-config",
      `[cli] config: the module does not load: ${reason}`,
      name,
      "correct it",
      cause,
    );
  }
  if (module.default === undefined) {
    throw refuse(
      "bad-config",
      "[cli] config: the module has no default export",
      name,
      "export default { … }",
    );
  }
  return { name, folder: dirname(path), value: asObject(module.default, name), placeOf: () => name };
}

/**
 * Reads a configuration: JSON with comments, or a `.mjs`/`.js` module whose default export is the object.
 *
 * @param path relative to `cwd`
 * @throws PlumblineError `no-such-config`, `bad-config` with line and column, all of kind usage
 */
export async function loadConfigDocument(path: string, cwd: string): Promise<ConfigDocument> {
  const full = resolve(cwd, path);
  try {
    if ((await stat(full)).size > maxBytes) {
      throw refuse(
        "bad-config",
        `[cli] config: larger than ${maxBytes} bytes`,
        path,
        "is this the right file?",
      );
    }
    if ([".mjs", ".js"].includes(extname(full))) return await loadModule(full, path);
    const parsed = parseJsonc(await readFile(full, "utf8"));
    return {
      name: path,
      folder: dirname(full),
      value: asObject(parsed.value, path),
      placeOf: (key) => {
        for (let at = key; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
          const line = parsed.lineOf(at);
          if (line !== undefined) return `${path}:${line}`;
        }
        return path;
      },
    };
  } catch (error) {
    if (error instanceof JsoncSyntaxError) {
      const place = `${path}:${error.line}:${error.column}`;
      throw refuse("bad-config", `[cli] config: ${error.message}`, place, "correct the text there", error);
    }
    const known = expectedError(error);
    if (!PlumblineError.isInstance(known) || known.kind === "usage") throw known;
    throw refuse(
      "no-such-config",
      `[cli] config: cannot read ${basename(full)}: ${known.what.split(": ").at(-1)}`,
      path,
      "check the path",
      error,
    );
  }
}
