import { nearest } from "@plumbline/core";
import { quote, storeError } from "./errors.ts";

/** The keys of one JSON object, taken one by one; every complaint names the file and the key. */
export interface JsonFields {
  text(key: string): string;
  optionalText(key: string): string | undefined;
  flag(key: string): boolean;
  /** finite and ≥ 0 */
  amount(key: string): number;
  /** an integer in `least` … `most` */
  count(key: string, least: number, most: number): number;
  object(key: string): Readonly<Record<string, unknown>>;
  list(key: string, longest: number): readonly unknown[];
  fail(key: string, expected: string): never;
  /** refuses keys that nobody asked for */
  end(): void;
}

/** What a value is, for messages. */
function kindOf(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Starts reading `value` as an object.
 *
 * @param where the file, for messages
 * @param path keys that lead to the object, joined by dots; empty for the whole file
 * @throws PlumblineError `bad-manifest`, like all functions of the result
 */
export function readFields(value: unknown, context: { where: string; path?: string }): JsonFields {
  const { where, path = "" } = context;
  const complain = (key: string, message: string, hint?: string): never => {
    const place = [path, key].filter((part) => part !== "").join(".");
    throw storeError({
      code: "bad-manifest",
      kind: "input",
      message: `parseStoreManifest(): ${message}`,
      where: place === "" ? where : `${where}, key ${place}`,
      hint: hint ?? "the manifest is damaged; write the store again or fetch it anew",
    });
  };
  if (!isObject(value)) return complain("", `expected an object, got ${kindOf(value)}`);
  const asked = new Set<string>();
  const take = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(value, key) ? value[key] : undefined;
  };
  const expect = <T>(key: string, expected: string, fits: (found: unknown) => found is T): T => {
    const found = take(key);
    return fits(found) ? found : complain(key, `expected ${expected}, got ${kindOf(found)}`);
  };
  const isNumber = (found: unknown): found is number => typeof found === "number";
  const isText = (found: unknown): found is string => typeof found === "string";
  return {
    text: (key) => expect(key, "text", isText),
    optionalText: (key) => (take(key) === undefined ? undefined : expect(key, "text", isText)),
    flag: (key) => expect(key, "true or false", (found) => typeof found === "boolean"),
    amount: (key) =>
      expect(
        key,
        "a number from 0",
        (found): found is number => isNumber(found) && Number.isFinite(found) && found >= 0,
      ),
    count: (key, least, most) =>
      expect(
        key,
        `an integer in ${least} to ${most}`,
        (found): found is number =>
          isNumber(found) && Number.isSafeInteger(found) && found >= least && found <= most,
      ),
    object: (key) => expect(key, "an object", isObject),
    list: (key, longest) =>
      expect(
        key,
        `a list of 1 to ${longest} items`,
        (found): found is unknown[] => Array.isArray(found) && found.length >= 1 && found.length <= longest,
      ),
    fail: (key, expected) => complain(key, `expected ${expected}, got ${kindOf(take(key))}`),
    end: () => {
      const extra = Object.keys(value).find((key) => !asked.has(key));
      if (extra === undefined) return;
      const near = nearest(extra.slice(0, 80), asked);
      const hint = `${near === undefined ? "" : `did you mean "${near}"? `}Known: ${[...asked].join(", ")}`;
      complain("", `unknown key ${quote(extra)}`, hint);
    },
  };
}
