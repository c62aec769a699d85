import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { explainFileError, type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { fileError, throwIfAborted, usageError } from "../../errors.ts";
import type { RgbImage } from "../../images/rgb-image.ts";
import { openImageDecoder } from "./decode-image.ts";
import { findImageFiles } from "./find-image-files.ts";
import type { ImageCounts } from "./image-counts.ts";

/** How images are read. */
export interface ReadImagesOptions<T> {
  /** made of each image, as by `loadImagePreprocessor`; `(image) => image` gives the bytes of its pixels */
  readonly preprocess: (image: RgbImage, where: string) => T;
  /** larger images are refused; 100 million by default */
  readonly maxPixels?: number;
  /** larger files are refused; 512 MiB by default */
  readonly maxFileBytes?: number;
  /** what happens with a file that is no proper image: an error that names it (the default), or it is left out */
  readonly onBad?: "error" | "skip";
  /** updated while images are read; made by `createImageCounts` */
  readonly counts?: ImageCounts;
  readonly signal?: AbortSignal;
  readonly fileSystem?: FileSystem;
}

function checkOptions(options: ReadImagesOptions<unknown>): void {
  for (const name of ["maxPixels", "maxFileBytes"] as const) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw usageError({
      code: "bad-option",
      message: `readImages(): expected ${name} to be an integer from 1, got ${value}`,
    });
  }
  if (options.onBad !== undefined && !["error", "skip"].includes(options.onBad)) {
    throw usageError({
      code: "bad-option",
      message: `readImages(): expected onBad to be "error" or "skip", got ${JSON.stringify(options.onBad)}`,
    });
  }
}

async function readBytes(path: string, maxBytes: number, fileSystem: FileSystem): Promise<Uint8Array> {
  try {
    const { size } = await fileSystem.stat(path);
    if (size <= maxBytes) return new Uint8Array(await fileSystem.readFile(path));
    throw fileError({
      code: "image-too-large",
      message: `readImages(): expected a file of at most ${maxBytes} bytes, got ${size}`,
      where: path,
      hint: 'raise maxFileBytes, or pass onBad: "skip"',
    });
  } catch (error) {
    throw explainFileError(error, "readImages()", path);
  }
}

async function* readAll<T>(
  folder: string,
  options: ReadImagesOptions<T>,
): AsyncGenerator<{ readonly image: T; readonly where: string }> {
  const { preprocess, maxPixels = 100e6, maxFileBytes = 512 * 2 ** 20, onBad = "error" } = options;
  const { counts, signal, fileSystem = nodeFileSystem } = options;
  const decode = await openImageDecoder({ maxPixels });
  for (const name of await findImageFiles(folder, { fileSystem, signal })) {
    throwIfAborted(signal, "readImages()");
    const where = join(folder, name);
    let image: T;
    try {
      const bytes = await readBytes(where, maxFileBytes, fileSystem);
      image = preprocess(await decode(bytes, where), where);
    } catch (error) {
      if (onBad !== "skip" || !PlumblineError.isInstance(error) || error.kind !== "input") throw error;
      if (counts !== undefined) {
        counts.skipped++;
        counts.firstSkipped ??= error;
      }
      continue;
    }
    if (counts !== undefined) counts.images++;
    yield { image, where };
  }
}

/**
 * The images of a folder and of the folders in it, in the order of their paths by code unit; one is in memory at a time.
 * Needs the optional peer `sharp`.
 *
 * PNG, JPEG, WebP and GIF (its first frame) are decoded as Pillow's `Image.open(path).convert("RGB")` does it: not turned
 * by EXIF, colour profiles not applied, alpha dropped, grey as three equal channels, the high byte of 16 bits. CMYK becomes
 * RGB by libvips, through a colour profile, which Pillow does without. Files with other images' extensions (BMP, TIFF,
 * AVIF, HEIC, JPEG XL) are refused; all other files, and names that begin with a dot, are passed over.
 *
 * @throws PlumblineError (kind `input`) `no-images`, `unsupported-image`, `bad-image`, `image-too-large`, `no-such-file`,
 *   `limit-exceeded`; (kind `usage`) `bad-option`; (kind `environment`) `missing-peer`; (kind `interrupted`) `interrupted`
 * @example
 * import { mkdir, writeFile } from "node:fs/promises";
 * import { readImages } from "@plumbline/model-sources/node";
 *
 * const gif = "R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";
 * await mkdir("pictures", { recursive: true });
 * await writeFile("pictures/red.gif", Buffer.from(gif, "base64"));
 * for await (const { image, where } of readImages("pictures", { preprocess: (image) => image })) {
 *   console.log(where, image.width, image.height, image.data); // pictures/red.gif 1 1 Uint8Array(3) [ 255, 0, 0 ]
 * }
 */
export function readImages<T>(
  folder: string,
  options: ReadImagesOptions<T>,
): AsyncGenerator<{ readonly image: T; readonly where: string }> {
  checkOptions(options);
  return readAll(folder, options);
}
