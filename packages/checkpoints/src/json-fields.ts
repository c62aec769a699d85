import { type JsonObject, nearest, type PlumblineError } from "@plumbline/core";
import { maxDepth } from "./canonical-json.ts";
import { checkpointError, damaged, quote } from "./errors.ts";

/** Longest description that is read: far above any that is written. */
export const maxDescriptionBytes: number = 16 * 2 ** 20;

/** The keys of one JSON object, taken one by one; every complaint names the file and the key. */
export interface JsonFields {
  text(key: string): string;
  flag(key: string): boolean;
  /** an integer in `least` … `most` */
  count(key: string, least: number, most: number): number;
  /** any object, nested to a limited depth */
  json(key: string): JsonObject;
  texts(key: string): readonly string[];
  fields(key: string): JsonFields;
  error(key: string, message: string, hint?: string): PlumblineError;
  /** refuses keys that nobody asked for */
  end(): void;
}

/** Where an object stands: the function that reads, the file, and the keys that lead to it. */
interface Place {
  readonly from: string;
  readonly where: string;
  readonly path?: string;
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a parsed value is nested no deeper than allowed; looks one level at a time, so depth costs no stack. */
function isShallow(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= maxDepth; depth++) {
    level = level
      .filter((item) => typeof item === "object" && item !== null)
      .flatMap((item) => Object.values(item as object));
    if (level.length === 0) return true;
  }
  return false;
}

/** Starts reading `value` as an object. @throws PlumblineError `bad-description`, like all functions of the result */
export function readFields(value: unknown, place: Place): JsonFields {
  const { from, where, path = "" } = place;
  const pathTo = (key: string): string => [path, key].filter((part) => part !== "").join(".");
  const error = (key: string, message: string, hint = damaged): PlumblineError =>
    checkpointError({
      code: "bad-description",
      kind: "input",
      message: `${from}: ${message}`,
      where: pathTo(key) === "" ? where : `${where}, key ${pathTo(key)}`,
      hint,
    });
  if (!isObject(value)) throw error("", `expected an object, got ${kindOf(value)}`);
  const asked = new Set<string>();
  const expect = <T>(key: string, expected: string, fits: (found: unknown) => found is T): T => {
    asked.add(key);
    const found = Object.hasOwn(value, key) ? value[key] : undefined;
    if (fits(found)) return found;
    throw error(key, `expected ${expected}, got ${kindOf(found)}`);
  };
  const isText = (found: unknown): found is string => typeof found === "string";
  return {
    text: (key) => expect(key, "text", isText),
    flag: (key) => expect(key, "true or false", (found) => typeof found === "boolean"),
    count: (key, least, most) =>
      expect(
        key,
        `an integer in ${least} to ${most}`,
        (found): found is number =>
          Number.isSafeInteger(found) && Number(found) >= least && Number(found) <= most,
      ),
    json: (key) =>
      expect(
        key,
        `an object nested at most ${maxDepth} levels deep`,
        (found): found is JsonObject => isObject(found) && isShallow(found),
      ),
    texts: (key) =>
      expect(
        key,
        "a list of texts",
        (found): found is string[] => Array.isArray(found) && found.every(isText),
      ),
    fields: (key) => readFields(expect(key, "an object", isObject), { from, where, path: pathTo(key) }),
    error,
    end: () => {
      const extra = Object.keys(value).find((key) => !asked.has(key));
      if (extra === undefined) return;
      const near = nearest(extra.slice(0, 80), asked);
      const hint = `${near === undefined ? "" : `did you mean "${near}"? `}Known: ${[...asked].join(", ")}`;
      throw error("", `unknown key ${quote(extra)}`, hint);
    },
  };
}

/**
 * Begins a description file: text to JSON, then format and version before anything else.
 *
 * @throws PlumblineError `bad-json`, `foreign-format`, `foreign-version`, `bad-description`
 */
export function readDocument(
  content: unknown,
  expected: { format: string; version: number; what: string },
  place: Place,
): JsonFields {
  const { from, where } = place;
  const { format, version } = isObject(content) ? content : {};
  if (format !== expected.format) {
    throw checkpointError({
      code: "foreign-format",
      kind: "input",
      message: `${from}: this does not describe ${expected.what}, expected "format": "${expected.format}"`,
      where,
      hint: "is this the right file?",
    });
  }
  if (version !== expected.version) {
    throw checkpointError({
      code: "foreign-version",
      kind: "input",
      message: `${from}: expected version ${expected.version}, got ${kindOf(version)}`,
      where,
      hint: "it was written by another version of Plumbline; update @plumbline/checkpoints",
    });
  }
  const fields = readFields(content, place);
  fields.text("format");
  fields.count("version", expected.version, expected.version);
  return fields;
}

/** @throws PlumblineError `bad-json` where the text is too long or no JSON */
export function parseDescription(text: string, place: Place): unknown {
  const { from, where } = place;
  if (text.length > maxDescriptionBytes) {
    throw checkpointError({
      code: "bad-json",
      kind: "input",
      message: `${from}: expected at most ${maxDescriptionBytes} characters, got ${text.length}`,
      where,
      hint: "is this the right file?",
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw checkpointError({
      code: "bad-json",
      kind: "input",
      message: `${from}: not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      where,
      hint: damaged,
      cause,
    });
  }
}
