import { type JsonObject, unknownNameError } from "@plumbline/core";
import { extractConfigSchema, loadPlugins } from "@plumbline/extract";
import type { ActionContext } from "@plumbline/extract/terminal";
import { compositeSchedules, curveConfigSchema } from "@plumbline/schedules";
import { z } from "zod";
import { createRegistries, type Registries } from "../registries.ts";
import { trainConfigSchema } from "../train/train-config.ts";

/** Flags of `plumbline config schema`. */
export interface SchemaFlags {
  readonly plugin?: readonly string[];
}

interface ObjectSchema extends JsonObject {
  readonly properties?: JsonObject;
  readonly required?: readonly string[];
}

function jsonSchema(schema: z.ZodType): ObjectSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as unknown as ObjectSchema;
}

/** A named thing with options: the shared keys, its name, and the options that are its own. */
function variant(shared: ObjectSchema, name: string, own: ObjectSchema): JsonObject {
  return {
    type: "object",
    properties: { ...shared.properties, name: { const: name }, ...own.properties },
    required: [...(shared.required ?? []), ...(own.required ?? [])],
    additionalProperties: false,
  };
}

/** Replaces the loose object at `key` by one variant for each named thing. */
function withVariants(
  whole: ObjectSchema,
  key: string,
  things: readonly { name: string; schema: z.ZodType }[],
): ObjectSchema {
  const shared = whole.properties?.[key] as ObjectSchema;
  const oneOf = things.map(({ name, schema }) => variant(shared, name, jsonSchema(schema)));
  const description = shared.description === undefined ? {} : { description: shared.description };
  return { ...whole, properties: { ...whole.properties, [key]: { ...description, oneOf } } };
}

/** Documents the schedules: the train schema takes any object there, for each is checked later with its own place. */
function withCurves(whole: ObjectSchema): ObjectSchema {
  const { $schema: _, ...curve } = jsonSchema(curveConfigSchema);
  // Curves hold curves; in their own schema that refers to the root.
  const text = JSON.stringify(curve).replaceAll('"$ref":"#"', '"$ref":"#/$defs/curve"');
  const schedules = whole.properties?.schedules as JsonObject;
  const composite = compositeSchedules.map(({ name, description, schema }) => {
    const { $schema: __, ...own } = jsonSchema(schema);
    return [name, { description, ...own }];
  });
  const additionalProperties = { anyOf: [{ type: "number" }, { $ref: "#/$defs/curve" }] };
  return {
    ...whole,
    $defs: { curve: JSON.parse(text) as JsonObject },
    properties: {
      ...whole.properties,
      schedules: { ...schedules, properties: Object.fromEntries(composite), additionalProperties },
    },
  };
}

/** JSON Schemas of the configurations, with the options of everything that is registered. */
export function configSchemas(registries: Registries): Readonly<Record<"train" | "extract", JsonObject>> {
  return {
    train: withVariants(
      withCurves(jsonSchema(trainConfigSchema)),
      "architecture",
      registries.architectures.values.map(({ architectureName, schema }) => ({
        name: architectureName,
        schema,
      })),
    ),
    extract: withVariants(jsonSchema(extractConfigSchema), "source", registries.sources.values),
  };
}

/** `plumbline config schema [train|extract]`: the JSON Schema, for editors. */
export async function printSchema({ io, args, flags }: ActionContext<SchemaFlags>): Promise<undefined> {
  const schemas = configSchemas(createRegistries(await loadPlugins(flags.plugin ?? [], io.cwd)));
  const which = args[0] ?? "train";
  if (which !== "train" && which !== "extract") {
    throw unknownNameError({
      kind: "configuration",
      name: which,
      known: Object.keys(schemas),
      from: "[cli] config schema",
      where: "plumbline config schema",
    });
  }
  // The schema is data and JSON already: the same with and without --json.
  io.stdout.write(`${JSON.stringify(schemas[which], undefined, 2)}\n`);
  return undefined;
}
