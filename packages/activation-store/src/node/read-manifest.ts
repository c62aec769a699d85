import { PlumblineError } from "@plumbline/core";
import { type FileSystem, readJsonFile } from "@plumbline/core/node";
import { storeError } from "../errors.ts";
import { manifestName, parseStoreManifest, type StoreManifest } from "../manifest.ts";
import { placeJoin } from "./place-path.ts";

/** The checked manifest of a store's folder. @throws PlumblineError `no-such-store`, and those of `parseStoreManifest` */
export async function readManifest(path: string, fileSystem: FileSystem): Promise<StoreManifest> {
  const where = placeJoin(path, manifestName);
  try {
    return parseStoreManifest(await readJsonFile(where, { fileSystem }), { where });
  } catch (error) {
    if (!PlumblineError.isInstance(error) || !["no-such-file", "not-a-folder"].includes(error.code))
      throw error;
    throw storeError({
      code: "no-such-store",
      kind: "input",
      message: `openActivationStore(): expected a folder with ${manifestName}, found none`,
      where: path,
      hint: "check the path, or write a store there first",
      cause: error,
    });
  }
}
