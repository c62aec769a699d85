import { checkpointError } from "./errors.ts";

/** Deepest nesting that is written and read; configurations have three or four levels. */
export const maxDepth = 64;

function refuse(path: string, found: string): never {
  throw checkpointError({
    code: "bad-json-value",
    kind: "bug",
    message: `canonicalJson(): ${path || "the value"} is ${found}, expected something that JSON can hold exactly`,
    hint: "numbers must be finite; objects plain and not nested without end",
  });
}

/**
 * JSON text that depends on the content only: keys sorted, two spaces of indent, lists of plain values on one line. Unlike
 * `JSON.stringify` it keeps −0 and refuses what would come back as something else. Keys whose value is `undefined` count as
 * absent.
 *
 * @throws PlumblineError `bad-json-value` naming the key
 */
export function canonicalJson(value: unknown, path = "", depth = 0): string {
  if (depth > maxDepth) return refuse(path, `nested deeper than ${maxDepth} levels`);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return refuse(path, String(value));
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return refuse(path, `a ${typeof value}`);
  const indent = "  ".repeat(depth + 1);
  const wrap = (items: readonly string[], open: string, close: string): string =>
    items.length === 0
      ? open + close
      : `${open}\n${indent}${items.join(`,\n${indent}`)}\n${"  ".repeat(depth)}${close}`;
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, i) => canonicalJson(item, `${path}[${i}]`, depth + 1));
    const plain = value.every((item) => typeof item !== "object" || item === null);
    return plain ? `[${items.join(", ")}]` : wrap(items, "[", "]");
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind !== "Object") return refuse(path, `a ${kind}`);
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => {
      const inner = canonicalJson(item, path === "" ? key : `${path}.${key}`, depth + 1);
      return `${JSON.stringify(key)}: ${inner}`;
    });
  return wrap(fields, "{", "}");
}

/** An object of our own formats: these keys in this order, what is in them sorted. Ends with a line end. */
export function documentJson(fields: readonly (readonly [string, unknown])[]): string {
  const lines = fields.map(([key, value]) => `  ${JSON.stringify(key)}: ${canonicalJson(value, key, 1)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}
