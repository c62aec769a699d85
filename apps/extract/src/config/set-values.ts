import { type Json, type JsonObject, PlumblineError } from "@plumbline/core";

/** One `--set key=value`. */
export interface SetValue {
  /** dotted path, as `trainer.batchSize` */
  readonly key: string;
  readonly value: Json;
}

const forbidden = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Reads `key=value`. The value is JSON where it parses as such (`3`, `true`, `{"kind":"constant"}`), else text.
 *
 * @throws PlumblineError `bad-set`
 */
export function parseSetValue(text: string): SetValue {
  const at = text.indexOf("=");
  const key = text.slice(0, Math.max(0, at));
  if (at < 1 || key.split(".").some((part) => part === "" || forbidden.has(part))) {
    throw new PlumblineError({
      code: "bad-set",
      kind: "usage",
      message: `[cli] --set: expected key=value, got "${text}"`,
      where: `--set ${text}`,
      hint: "write for example --set trainer.batchSize=512",
    });
  }
  const raw = text.slice(at + 1);
  try {
    return { key, value: JSON.parse(raw) as Json };
  } catch {
    return { key, value: raw };
  }
}

/** A copy of `config` with the value at a dotted path replaced; objects on the way are made. */
export function withValue(config: JsonObject, key: string, value: Json): JsonObject {
  const [head = "", ...rest] = key.split(".");
  if (rest.length === 0) return { ...config, [head]: value };
  const inner = config[head];
  const below = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : {};
  return { ...config, [head]: withValue(below as JsonObject, rest.join("."), value) };
}

/** A copy of `config` without the dotted path. */
export function withoutValue(config: JsonObject, key: string): JsonObject {
  const [head = "", ...rest] = key.split(".");
  const { [head]: inner, ...others } = config;
  if (rest.length === 0 || typeof inner !== "object" || inner === null || Array.isArray(inner)) {
    return rest.length === 0 ? others : config;
  }
  return { ...config, [head]: withoutValue(inner as JsonObject, rest.join(".")) };
}

/** The value at a dotted path, or nothing. */
export function valueAt(config: Json | undefined, key: string): Json | undefined {
  let at: unknown = config;
  for (const part of key.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at as Json | undefined;
}
