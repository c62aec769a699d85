import { join } from "node:path";
import type { FileSystem } from "@plumbline/core/node";
import { openSafetensors, type SafetensorsReader } from "@plumbline/safetensors/node";
import { quote, storeError } from "../errors.ts";
import type { StoreManifest } from "../manifest.ts";
import { idNames } from "./shard-head.ts";

/**
 * Opens a shard and compares its header with the manifest.
 *
 * @throws PlumblineError `bad-shard` where a tensor is missing, too many, or of another type or shape
 */
export async function openShard(
  store: { readonly folder: string; readonly manifest: StoreManifest; readonly fileSystem: FileSystem },
  index: number,
): Promise<SafetensorsReader> {
  const { folder, manifest, fileSystem } = store;
  const shard = manifest.shards[index];
  const path = join(folder, shard?.file ?? "");
  const reader = await openSafetensors(path, { fileSystem });
  const nRows = shard?.nRows ?? 0;
  const expected = [
    `activations F32 [${nRows}, ${manifest.dIn}]`,
    ...idNames(manifest).map((name) => `${name} I32 [${nRows}]`),
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
