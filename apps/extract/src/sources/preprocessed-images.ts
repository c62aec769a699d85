import type { ModelImage } from "@plumbline/model-sources";
import { loadImagePreprocessor, type OnnxModelOnDisk, readImages } from "@plumbline/model-sources/node";

/** Images of a folder as a model takes them. */
export interface PreprocessedImages {
  /** edge that the model's configuration names */
  readonly size: number;
  read(): AsyncIterable<ModelImage>;
}

/** ViT's, where a model does not say. */
const usualSize = 224;

/** Opens a folder of images with the preprocessor that lies beside the model. */
export async function preprocessedImages(
  model: OnnxModelOnDisk,
  options: {
    readonly folder: string;
    readonly onBad: "error" | "skip";
    readonly signal: AbortSignal | undefined;
  },
): Promise<PreprocessedImages> {
  const { folder, onBad, signal } = options;
  const preprocess = await loadImagePreprocessor(model.folder);
  const { image_size: size } = model.config;
  return {
    size: typeof size === "number" ? size : usualSize,
    async *read() {
      const images = readImages(folder, {
        preprocess,
        onBad,
        ...(signal === undefined ? {} : { signal }),
      });
      for await (const { image } of images) yield image;
    },
  };
}
