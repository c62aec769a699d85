import { join } from "node:path";
import { explainFileError, type FileSystem } from "@plumbline/core/node";
import { fileError, throwIfAborted } from "../../errors.ts";

/** Extensions of images, also of those that are not read: better a refusal than an image that is silently missing. */
const imageName = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|hei[cf]|jxl)$/i;

/** Data sets are shallower; a link to a folder above would go on for ever. */
const maxDepth = 32;

/**
 * Images of a folder and the folders in it, as paths from the folder with slashes, sorted by code unit. Names that begin
 * with a dot are passed over; links are followed.
 *
 * @throws PlumblineError (kind `input`) `no-images`, `limit-exceeded`, `no-such-file`, `not-a-folder`
 */
export async function findImageFiles(
  folder: string,
  options: { readonly fileSystem: FileSystem; readonly signal?: AbortSignal | undefined },
): Promise<string[]> {
  const { fileSystem, signal } = options;
  const names: string[] = [];
  const walk = async (inside: string, depth: number): Promise<void> => {
    throwIfAborted(signal, "readImages()");
    if (depth > maxDepth) {
      throw fileError({
        code: "limit-exceeded",
        message: `readImages(): expected folders at most ${maxDepth} deep`,
        where: join(folder, inside),
        hint: "is there a link to a folder above?",
      });
    }
    for (const entry of await fileSystem.readdir(join(folder, inside))) {
      if (entry.startsWith(".")) continue;
      const name = inside === "" ? entry : `${inside}/${entry}`;
      const stat = await fileSystem.stat(join(folder, name));
      if (stat.isDirectory()) await walk(name, depth + 1);
      else if (stat.isFile() && imageName.test(entry)) names.push(name);
    }
  };
  try {
    await walk("", 0);
  } catch (error) {
    throw explainFileError(error, "readImages()", folder);
  }
  if (names.length === 0) {
    throw fileError({
      code: "no-images",
      message: "readImages(): expected images in the folder, got none",
      where: folder,
      hint: "put .png, .jpg, .jpeg, .webp or .gif files into it or into folders in it",
    });
  }
  return names.sort((a, b) => (a < b ? -1 : Number(a > b)));
}
