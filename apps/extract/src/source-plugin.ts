import type { ActivationPass, ActivationSource, ConfigSchema } from "@plumbline/core";

/** Version of the source-plugin contract that this package describes. */
export const sourcePluginSpecVersion = 1;

/** What a source may use when it opens. */
export interface SourceContext {
  /** makes a path of the configuration absolute: relative ones start from the configuration's folder */
  resolvePath(path: string): string;
  readonly signal?: AbortSignal | undefined;
  /** tells the user of something that takes long, as a download */
  readonly say?: ((text: string) => void) | undefined;
}

/**
 * A kind of place that activations come from, by name: what stands behind `source.name` in an extraction's configuration.
 * A plain value; make it with {@link defineSource}.
 */
export interface SourcePlugin<
  Opened extends ActivationSource | ActivationPass = ActivationSource | ActivationPass,
> {
  readonly specVersion: typeof sourcePluginSpecVersion;
  /** kebab-case */
  readonly name: string;
  /** one line for lists */
  readonly description: string;
  /** its own options, without `name`; every field with a sentence and its unit */
  readonly schema: ConfigSchema<object>;
  /**
   * @param config checked against `schema`, defaults filled in
   * @returns one hook point's rows, or a pass over several
   */
  open(config: object, context: SourceContext): Promise<Opened>;
}

/**
 * Declares a source with its options typed. Nothing is registered: hand the result to {@link runExtract} in a plugin module.
 *
 * @example
 * import { defineSource } from "@plumbline/extract";
 * import { z } from "zod";
 *
 * const ones = defineSource({
 *   name: "ones",
 *   description: "rows of ones",
 *   schema: z.strictObject({ nRows: z.int().positive() }),
 *   open: async ({ nRows }) => ({
 *     specVersion: 1,
 *     name: "ones",
 *     dIn: 2,
 *     async *chunks() {
 *       yield { nRows, rows: new Float32Array(2 * nRows).fill(1) };
 *     },
 *   }),
 * });
 * console.log(ones.name); // ones
 */
export function defineSource<
  Config extends object,
  Opened extends ActivationSource | ActivationPass = ActivationSource,
>(definition: {
  name: string;
  description: string;
  schema: ConfigSchema<Config>;
  open(config: Config, context: SourceContext): Promise<Opened>;
}): SourcePlugin<Opened> {
  const { name, description, schema, open } = definition;
  return Object.freeze({
    specVersion: sourcePluginSpecVersion,
    name,
    description,
    schema,
    // The one caller parses with `schema` first, so the configuration is a Config.
    open: (config: object, context: SourceContext) => open(config as Config, context),
  });
}
