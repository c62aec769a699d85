import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { type FileSystem, nodeFileSystem, readJsonFile } from "@plumbline/core/node";
import { fileError } from "../../errors.ts";
import { type ImagePreprocessor, imagePreprocessor } from "../../images/image-preprocessor.ts";

/** Such files take a kilobyte. */
const maxConfigBytes = 2 ** 20;

/**
 * What the `preprocessor_config.json` in a model's folder says to do with pictures; see `imagePreprocessor`.
 *
 * @throws PlumblineError (kind `input`) `no-preprocessor` where the file is missing, `limit-exceeded` above 1 MiB,
 *   `bad-json`, and those of `imagePreprocessor`
 * @example
 * import { writeFile } from "node:fs/promises";
 * import { loadImagePreprocessor } from "@plumbline/model-sources/node";
 *
 * await writeFile("preprocessor_config.json", '{ "image_processor_type": "ViTImageProcessor", "size": 32 }');
 * const preprocess = await loadImagePreprocessor(".");
 * const { height, width } = preprocess({ width: 2, height: 1, data: new Uint8Array(6) });
 * console.log(height, width); // 32 32
 */
export async function loadImagePreprocessor(
  folder: string,
  options: { readonly fileSystem?: FileSystem } = {},
): Promise<ImagePreprocessor> {
  const { fileSystem = nodeFileSystem } = options;
  const where = join(folder, "preprocessor_config.json");
  const config = await readJsonFile(where, { maxBytes: maxConfigBytes, fileSystem }).catch(
    (cause: unknown) => {
      if (!PlumblineError.isInstance(cause) || cause.code !== "no-such-file") throw cause;
      throw fileError({
        code: "no-preprocessor",
        message: "loadImagePreprocessor(): the model's folder has no preprocessor_config.json",
        where,
        hint: "download it with the model, or call imagePreprocessor with settings of your own",
        cause,
      });
    },
  );
  return imagePreprocessor(config, where);
}
