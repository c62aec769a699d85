import { z } from "zod";
import { nearest } from "./errors/nearest.ts";
import { PlumblineError } from "./errors/plumbline-error.ts";

/** A zod schema that yields `Config` from anything. */
export type ConfigSchema<Config> = z.ZodType<Config>;

interface SchemaNode {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode & { readonly const?: unknown }>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
}

/** The plain nodes that `node` stands for: references followed, unions opened to the members that `value` may mean. */
function variants(node: SchemaNode | undefined, root: SchemaNode, value: unknown): readonly SchemaNode[] {
  if (node === undefined) return [];
  if (node.$ref !== undefined) {
    const name = /^#\/\$defs\/(.+)$/.exec(node.$ref)?.[1];
    return variants(name === undefined ? root : root.$defs?.[name], root, value);
  }
  const members = node.oneOf ?? node.anyOf;
  if (members === undefined) return [node];
  const open = members.flatMap((member) => variants(member, root, value));
  const given = (value ?? {}) as Readonly<Record<string, unknown>>;
  const meant = open.filter((member) =>
    Object.entries(member.properties ?? {}).every(
      ([key, { const: only }]) => only === undefined || given[key] === only,
    ),
  );
  return meant.length > 0 ? meant : open;
}

/** Keys of the object at `path` of `input`, as far as the schema tells them, for suggestions. */
function knownKeys(schema: unknown, path: readonly PropertyKey[], input: unknown): string[] {
  const root = z.toJSONSchema(schema as z.ZodType, { io: "input", unrepresentable: "any" }) as SchemaNode;
  let value = input;
  let at = variants(root, root, value);
  for (const step of path) {
    value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
    at = at.flatMap((node) => {
      const rest = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
      return variants(node.properties?.[String(step)] ?? node.items ?? rest, root, value);
    });
  }
  return [...new Set(at.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The plain value at `path`, for messages; nothing where there is an object, or nothing. */
function shownValue(input: unknown, path: readonly PropertyKey[]): string {
  let value = input;
  for (const step of path) value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
  if (typeof value === "string") return `, got ${JSON.stringify(value.slice(0, 80))}`;
  return typeof value === "number" || typeof value === "boolean" ? `, got ${value}` : "";
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
  // A misspelt key often leaves its namesake missing as well: the misspelling is the better news.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const path = issue?.path ?? [];
  const place = (keys: readonly PropertyKey[]): string =>
    [context.where, keys.length === 0 ? undefined : `key ${keys.map(String).join(".")}`]
      .filter(Boolean)
      .join(", ");
  if (issue?.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(schema, path, input);
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
    message: `${context.from}: ${issue?.message ?? "invalid configuration"}${shownValue(input, path)}`,
    ...(place(path) !== "" && { where: place(path) }),
    hint: "correct that value and run again",
  });
}
