import { npyFileSource, parquetFileSource, safetensorsFileSource } from "@plumbline/model-sources/node";
import { z } from "zod";
import { defineSource, type SourcePlugin } from "../source-plugin.ts";

const path = z.string().min(1).describe("the file; a relative path starts from the configuration's folder");
const shared = {
  hookPoint: z.string().min(1).optional().describe("where in the model the rows come from"),
  flatten: z.boolean().default(false).describe("take all axes but the last as rows"),
  rowsPerChunk: z.int().positive().optional().describe("rows read at a time; 4 MiB of them by default"),
};

/** The entries that are there: options of other packages have no `undefined`. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

interface NpyConfig {
  readonly path: string;
  readonly hookPoint?: string | undefined;
  readonly flatten: boolean;
  readonly rowsPerChunk?: number | undefined;
}

/** Rows of a `.npy` file. */
export const npySource: SourcePlugin = defineSource<NpyConfig>({
  name: "npy",
  description: "rows of a .npy file (NumPy), float16 to float64",
  schema: z.strictObject({ path, ...shared }),
  open: ({ path, ...options }, context) => npyFileSource(context.resolvePath(path), given(options)),
});

interface SafetensorsConfig extends NpyConfig {
  readonly tensor?: string | undefined;
  readonly tokenIdsTensor?: string | undefined;
  readonly positionsTensor?: string | undefined;
}

/** Rows of a tensor in a safetensors file. */
export const safetensorsSource: SourcePlugin = defineSource<SafetensorsConfig>({
  name: "safetensors",
  description: "rows of a tensor in a .safetensors file, F16, BF16, F32 or F64",
  schema: z.strictObject({
    path,
    tensor: z.string().optional().describe("its name; by default activations, or the only one it can be"),
    tokenIdsTensor: z.string().optional().describe("name of a tensor with the token of each row"),
    positionsTensor: z.string().optional().describe("name of a tensor with the position of each row"),
    ...shared,
  }),
  open: ({ path, ...options }, context) => safetensorsFileSource(context.resolvePath(path), given(options)),
});

interface ParquetConfig {
  readonly path: string;
  readonly column: string;
  readonly tokenIdsColumn?: string | undefined;
  readonly positionsColumn?: string | undefined;
  readonly hookPoint?: string | undefined;
  readonly rowsPerChunk?: number | undefined;
}

/** Rows in a column of a Parquet file. */
export const parquetSource: SourcePlugin = defineSource<ParquetConfig>({
  name: "parquet",
  description: "rows of a Parquet file: a column of lists of floats",
  schema: z.strictObject({
    path,
    column: z.string().min(1).describe("column whose lists are the rows"),
    tokenIdsColumn: z.string().min(1).optional().describe("column with the token of each row"),
    positionsColumn: z.string().min(1).optional().describe("column with the position of each row"),
    hookPoint: shared.hookPoint,
    rowsPerChunk: shared.rowsPerChunk,
  }),
  open: ({ path, ...options }, context) => parquetFileSource(context.resolvePath(path), given(options)),
});
