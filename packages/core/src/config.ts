import { z } from "zod";
import { nearest } from "./errors/nearest.ts";
import { PlumblineError } from "./errors/plumbline-error.ts";

/** A zod schema that yields `Config` from anything. */
export type ConfigSchema<Config> = z.ZodType<Config>;

/** Names and values of the object at `path`, as far as the schema tells them, for suggestions. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let at: unknown = z.toJSONSchema(schema as z.ZodType, { io: "input", unrepresentable: "any" });
  for (const step of path) {
    const node = at as {
      properties?: Record<string, unknown>;
      items?: unknown;
      additionalProperties?: unknown;
    };
    at = node?.properties?.[String(step)] ?? node?.items ?? node?.additionalProperties;
  }
  return Object.keys((at as { properties?: object } | undefined)?.properties ?? {});
}

/**
 * Checks a configuration from outside and fills in its defaults.
 *
 * @param schema what is expected; make objects with `z.strictObject`, so that unknown keys are errors
 * @param input anything, usually parsed JSON
 * @returns the configuration, complete
 * @throws PlumblineError `unknown-key` with the nearest known key, or `bad-config` naming the key, what was expected and what
 *   was found
 */
export function parseConfig<Config>(
  schema: ConfigSchema<Config>,
  input: unknown,
  context: { from: string; where?: string },
): Config {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const place = (keys: readonly PropertyKey[]): string =>
    [context.where, keys.length === 0 ? undefined : `key ${keys.map(String).join(".")}`]
      .filter(Boolean)
      .join(", ");
  if (issue?.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(schema, path);
    const near = nearest(key, known);
    throw new PlumblineError({
      code: "unknown-key",
      kind: "usage",
      message: `${context.from}: unknown key "${key}"`,
      where: place([...path, key]),
      hint: `${near === undefined ? "" : `did you mean "${near}"? `}Known: ${known.join(", ") || "none"}`,
    });
  }
  throw new PlumblineError({
    code: "bad-config",
    kind: "usage",
    message: `${context.from}: ${issue?.message ?? "invalid configuration"}`,
    where: place(path),
    hint: "correct that value and run again",
  });
}
