import { isAbsolute } from "node:path";
import { z } from "zod";
import { fileError, quote } from "../errors.ts";

const dtypeBytes = { float32: 4, int32: 4, bool: 1, complex64: 8, string: undefined } as const;
const quantizedBytes = { uint8: 1, uint16: 2, float16: 2 } as const;

const weight = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(["float32", "int32", "bool", "complex64", "string"]),
  quantization: z
    .looseObject({
      dtype: z.enum(["uint8", "uint16", "float16"]),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
});

const modelJson = z.looseObject({
  format: z.string().optional(),
  modelTopology: z.looseObject({ node: z.array(z.looseObject({ name: z.string(), op: z.string() })) }),
  weightsManifest: z.array(z.looseObject({ paths: z.array(z.string()), weights: z.array(weight) })),
});

type Group = z.infer<typeof modelJson>["weightsManifest"][number];

/** What the loader needs of a `model.json`; the rest of it is passed on to TensorFlow.js. */
export interface GraphModelJson {
  readonly weightsManifest: readonly {
    /** file names beside `model.json` */
    readonly paths: readonly string[];
    /** bytes that all of these files take together; `undefined` where text weights make it unknown */
    readonly nBytes: number | undefined;
  }[];
}

/** Bytes of all weights of a group, as BigInt arithmetic says: shapes come from strangers. */
function groupBytes(group: Group): number | undefined {
  let total = 0n;
  for (const { dtype, shape, quantization } of group.weights) {
    const itemBytes = quantization === undefined ? dtypeBytes[dtype] : quantizedBytes[quantization.dtype];
    if (itemBytes === undefined) return undefined;
    total += shape.reduce((product, size) => product * BigInt(size), BigInt(itemBytes));
  }
  return Number(total);
}

/** A shard lies in the model's folder: nothing else may be read through its name. */
function isInside(path: string): boolean {
  const parts = path.split(/[\\/]/);
  return path !== "" && !isAbsolute(path) && !parts.includes("..") && !/[\0:]/.test(path);
}

/**
 * Checks the parts of a `model.json` that decide which files are read.
 *
 * @throws PlumblineError (kind `input`) `not-a-graph-model`, `bad-model-json`, `unsafe-path`, `limit-exceeded`
 * @source `ModelJSON` in tensorflow/tfjs `tfjs-core/src/io/types.ts`
 */
export function parseGraphModelJson(
  json: unknown,
  options: { where: string; maxShards: number },
): GraphModelJson {
  const { where, maxShards } = options;
  const { format, modelTopology } = (json ?? {}) as {
    format?: unknown;
    modelTopology?: { model_config?: unknown };
  };
  if (format === "layers-model" || modelTopology?.model_config !== undefined) {
    throw fileError({
      code: "not-a-graph-model",
      message: "loadGraphModelFromFolder(): expected a graph model, got a layers model",
      where,
      hint: "convert it: tensorflowjs_converter --input_format=tfjs_layers_model --output_format=tfjs_graph_model",
    });
  }
  const parsed = modelJson.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fileError({
      code: "bad-model-json",
      message: `loadGraphModelFromFolder(): expected a TensorFlow.js graph model: ${issue?.message ?? "of another form"}`,
      where: `${where}, ${issue === undefined || issue.path.length === 0 ? "top level" : issue.path.join(".")}`,
      hint: "the file is damaged or of another kind",
    });
  }
  const { weightsManifest } = parsed.data;
  const paths = weightsManifest.flatMap((group) => group.paths);
  if (paths.length > maxShards) {
    throw fileError({
      code: "limit-exceeded",
      message: `loadGraphModelFromFolder(): expected at most ${maxShards} weight files, got ${paths.length}`,
      where,
      hint: "raise limits.maxShards if that is right",
    });
  }
  const outside = paths.find((path) => !isInside(path));
  if (outside !== undefined) {
    throw fileError({
      code: "unsafe-path",
      message: `loadGraphModelFromFolder(): expected weight files inside the model's folder, got ${quote(outside)}`,
      where,
      hint: "only load models from where you trust them",
    });
  }
  return {
    weightsManifest: weightsManifest.map((group) => ({ paths: group.paths, nBytes: groupBytes(group) })),
  };
}
