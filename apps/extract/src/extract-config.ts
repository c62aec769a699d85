import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";

/** What `plumbline-extract` reads. */
export interface ExtractConfig {
  readonly $schema?: string | undefined;
  /** the source's name and its own options */
  readonly source: Readonly<Record<string, unknown>> & { readonly name: string };
  /** folder of the store to make */
  readonly out: string;
  readonly rowsPerShard: number;
  readonly plugins: readonly string[];
}

export const extractConfigSchema: ConfigSchema<ExtractConfig> = z.strictObject({
  $schema: z.string().optional().describe("for editors; not read"),
  source: z
    .looseObject({ name: z.string().describe('which source, as "npy"; "plumbline list sources" names them') })
    .describe("where the activations come from; the other keys are the source's own"),
  out: z.string().min(1).describe("folder of the store to make; must not exist"),
  rowsPerShard: z.int().positive().default(65536).describe("rows (tokens) in one shard file"),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe("plugin modules: paths from this file, or package names"),
});
