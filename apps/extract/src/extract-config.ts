import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";

/** What `plumbline-extract` reads. */
export interface ExtractConfig {
  readonly $schema?: string | undefined;
  /** the source's name and its own options */
  readonly source: Readonly<Record<string, unknown>> & { readonly name: string };
  /** folder of the store to make */
  readonly out?: string | undefined;
  readonly rowsPerShard: number;
  readonly dtype: "float32" | "float16" | "bfloat16";
  readonly plugins: readonly string[];
}

export const extractConfigSchema: ConfigSchema<ExtractConfig> = z.strictObject({
  $schema: z.string().optional().describe("for editors; not read"),
  source: z
    .looseObject({ name: z.string().describe('which source, as "npy"; "plumbline list sources" names them') })
    .describe("where the activations come from; the other keys are the source's own"),
  out: z
    .string()
    .min(1)
    .optional()
    .describe(
      "folder of the store to make, or an s3:// address; must not exist. With several hook points, a store each in it",
    ),
  rowsPerShard: z.int().positive().default(65536).describe("rows (tokens) in one shard file"),
  dtype: z
    .enum(["float32", "float16", "bfloat16"])
    .default("float32")
    .describe("how activations are stored; the shorter ones take half the disk and are rounded"),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe("plugin modules: paths from this file, or package names"),
});
