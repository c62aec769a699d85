import type { FileSystem } from "@plumbline/core/node";
import { openSafetensors, type SafetensorsReader } from "@plumbline/safetensors/node";
import { quote, storeError } from "../errors.ts";
import { idNames, type ShardLayout } from "./shard-head.ts";

/** A shard's file and what it should hold. */
export interface ShardPlace {
  readonly path: string;
  readonly layout: ShardLayout;
  readonly nRows: number;
  readonly fileSystem: FileSystem;
}

/**
 * Opens a shard and compares its header with what it should hold.
 *
 * @throws PlumblineError `bad-shard` where a tensor is missing, too many, or of another type or shape
 */
export async function openShard(shard: ShardPlace): Promise<SafetensorsReader> {
  const { path, layout, nRows, fileSystem } = shard;
  const reader = await openSafetensors(path, { fileSystem });
  const expected = [
    `activations ${layout.dtype} [${nRows}, ${layout.dIn}]`,
    ...idNames(layout).map((name) => `${name} I32 [${nRows}]`),
  ];
  const found = [...reader.tensors.values()].map(
    ({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(", ")}]`,
  );
  if (JSON.stringify(found.toSorted()) === JSON.stringify(expected.toSorted())) return reader;
  const shown = found.slice(0, 8).map((tensor) => quote(tensor));
  await reader.close();
  throw storeError({
    code: "bad-shard",
    kind: "input",
    message: `openActivationStore(): expected tensors ${expected.join(", ")}, got ${shown.join(", ") || "none"}`,
    where: path,
    hint: "fetch that file anew, or write the store again",
  });
}
