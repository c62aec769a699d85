import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectedError } from "@plumbline/extract/terminal";

/** Name of a store's manifest in its folder. */
export const storeManifestFile = "store.json";

/** sha256 of a store's manifest. The manifest holds checksums of all shards, so it stands for every row. */
export async function storeFingerprint(folder: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(join(folder, storeManifestFile)))
      .digest("hex");
  } catch (error) {
    throw expectedError(error);
  }
}
