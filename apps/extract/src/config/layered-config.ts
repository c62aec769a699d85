import { resolve } from "node:path";
import { type ConfigSchema, type Json, type JsonObject, PlumblineError, parseConfig } from "@plumbline/core";
import type { ConfigDocument } from "./config-document.ts";
import { parseSetValue, valueAt, withoutValue, withValue } from "./set-values.ts";

/** A configuration put together from its layers; later layers win: file, `--set`, flags. */
export interface LayeredConfig {
  readonly value: JsonObject;
  /** who said the key: a file with line, `--set …` or a flag */
  placeOf(key: string): string;
  /** checks and fills in defaults; refusals name file and line, or the flag */
  parse<Config>(schema: ConfigSchema<Config>, from: string): Config;
  /** rethrows a refusal from elsewhere with the place of the key under `prefix` that it names */
  locate(error: unknown, prefix: string): unknown;
}

interface Layers {
  readonly document: ConfigDocument;
  readonly cwd: string;
  /** texts of `--set` in order */
  readonly set?: readonly string[] | undefined;
  /** flags by the key they stand for; `undefined` for those not given */
  readonly flags?: Readonly<Record<string, { readonly flag: string; readonly value: Json | undefined }>>;
  /** keys that hold paths: relative ones start from the file's folder in the file, from `cwd` on the command line */
  readonly paths?: readonly string[];
  /** keys of which a later layer's takes the place of an earlier layer's other */
  readonly rivals?: readonly (readonly string[])[];
}

const isText = (value: Json | undefined): value is string => typeof value === "string";

/** Makes relative paths at `keys` absolute. */
function absolutePaths(value: JsonObject, keys: readonly string[], folder: string): JsonObject {
  let result = value;
  for (const key of keys) {
    const path = valueAt(result, key);
    if (isText(path)) result = withValue(result, key, resolve(folder, path));
  }
  return result;
}

/** Puts the layers of a configuration on top of each other. */
export function layerConfig(layers: Layers): LayeredConfig {
  const { document, cwd, set = [], flags = {}, paths = [], rivals = [] } = layers;
  let value = absolutePaths(document.value, paths, document.folder);
  const origins = new Map<string, string>();
  const put = (key: string, entry: Json, origin: string): void => {
    for (const group of rivals) {
      if (group.includes(key))
        for (const other of group) if (other !== key) value = withoutValue(value, other);
    }
    value = withValue(value, key, entry);
    if (paths.some((path) => path === key || path.startsWith(`${key}.`))) {
      value = absolutePaths(value, paths, cwd);
    }
    origins.set(key, origin);
  };
  for (const text of set) {
    const { key, value: entry } = parseSetValue(text);
    put(key, entry, `--set ${text}`);
  }
  for (const [key, { flag, value: entry }] of Object.entries(flags)) {
    if (entry !== undefined) put(key, entry, flag);
  }
  const placeOf = (key: string): string => {
    for (let at = key; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
      const origin = origins.get(at);
      if (origin !== undefined) return origin;
    }
    return document.placeOf(key);
  };
  const locate = (error: unknown, prefix: string): unknown => {
    if (!PlumblineError.isInstance(error) || error.kind !== "usage") return error;
    const named = /(?:^|, )key (.+)$/.exec(error.where ?? "")?.[1];
    const key = [prefix, named].filter(Boolean).join(".");
    return new PlumblineError({
      code: error.code,
      kind: error.kind,
      message: error.what,
      where: key === "" ? document.name : `${placeOf(key)}, key ${key}`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  };
  return {
    value,
    placeOf,
    locate,
    parse: (schema, from) => {
      try {
        return parseConfig(schema, value, { from });
      } catch (error) {
        throw locate(error, "");
      }
    },
  };
}
