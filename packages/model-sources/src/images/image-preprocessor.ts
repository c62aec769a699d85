import { fileError, usageError } from "../errors.ts";
import type { ModelImage } from "../onnx/image-pass.ts";
import { type ProcessorSettings, processorSettings, type TargetSize } from "./processor-settings.ts";
import { resizeImage } from "./resize-image.ts";
import type { RgbImage } from "./rgb-image.ts";

/** Makes of a picture what a vision model takes. `where` names the picture in errors. */
export type ImagePreprocessor = (image: RgbImage, where?: string) => ModelImage;

/** Keeps a picture of extreme proportions from becoming one of many gigabytes. */
const maxResizedPixels = 100e6;

function targetOf(image: RgbImage, size: TargetSize): { width: number; height: number } {
  if (!("shortestEdge" in size)) return size;
  const { width, height } = image;
  const short = Math.min(width, height);
  const long = Math.trunc((size.shortestEdge * Math.max(width, height)) / short);
  return width <= height
    ? { width: size.shortestEdge, height: long }
    : { width: long, height: size.shortestEdge };
}

/** The middle of a picture; where it is smaller, black around it. */
function centerCrop(image: RgbImage, crop: { readonly width: number; readonly height: number }): RgbImage {
  const { width, height } = crop;
  // An odd rest goes below and to the right when cutting, above and to the left when filling up.
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const data = new Uint8Array(width * height * 3);
  const firstColumn = Math.max(0, -left);
  const columns = Math.min(width, image.width);
  for (let row = 0; row < height; row++) {
    const sourceRow = row + top;
    if (sourceRow < 0 || sourceRow >= image.height) continue;
    const source = (sourceRow * image.width + left + firstColumn) * 3;
    data.set(image.data.subarray(source, source + columns * 3), (row * width + firstColumn) * 3);
  }
  return { width, height, data };
}

/** [3, 256]: what each byte of each channel becomes, in float32 arithmetic after the rescaling, which is in float64. */
function tableOf({ rescaleFactor, normalize }: ProcessorSettings): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    const mean = Math.fround(normalize?.mean[channel] ?? 0);
    const std = Math.fround(normalize?.std[channel] ?? 1);
    for (let byte = 0; byte < 256; byte++) {
      const scaled = Math.fround(rescaleFactor === undefined ? byte : byte * rescaleFactor);
      table[channel * 256 + byte] = normalize === undefined ? scaled : Math.fround(scaled - mean) / std;
    }
  }
  return table;
}

function pixelsOf({ width, height, data }: RgbImage, table: Float32Array): ModelImage {
  const nPixels = width * height;
  const pixels = new Float32Array(3 * nPixels);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < nPixels; i++) {
      pixels[channel * nPixels + i] = table[channel * 256 + (data[i * 3 + channel] ?? 0)] ?? 0;
    }
  }
  return { pixels, height, width };
}

function checkImage({ width, height, data }: RgbImage): void {
  const fits = [width, height].every((edge) => Number.isSafeInteger(edge) && edge > 0);
  if (fits && data.length === width * height * 3) return;
  throw usageError({
    code: "bad-image",
    message: `imagePreprocessor(): expected ${width} × ${height} pixels of 3 bytes, got ${data.length} bytes`,
    hint: "an image has red, green and blue of each pixel, row by row, without padding",
  });
}

/**
 * What a model's `preprocessor_config.json` says to do with pictures, done as the slow image processors of Python's
 * transformers do it with Pillow: resize on 8 bits, crop around the centre, rescale, normalize.
 *
 * | key                           | values                                                             | default                    |
 * | ----------------------------- | ------------------------------------------------------------------ | -------------------------- |
 * | `do_resize`                   |                                                                    | true                       |
 * | `size`                        | `{height, width}`, `[height, width]`, `{shortest_edge}`, a number  | 224 × 224                  |
 * | `resample`                    | 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic, 4 box, 5 Hamming      | 2                          |
 * | `do_center_crop`, `crop_size` | `{height, width}`, a number                                        | false, 224 × 224           |
 * | `do_rescale`, `rescale_factor`|                                                                    | true, 1 / 255              |
 * | `do_normalize`                |                                                                    | true                       |
 * | `image_mean`, `image_std`     | three numbers, or one for all                                      | 0.5                        |
 *
 * These are ViT's defaults. Where `image_processor_type` (or `feature_extractor_type`) begins with `DeiT`, `CLIP`,
 * `ChineseCLIP` or `Bit`, theirs hold; a single number as `size` is the edge of a square, but for the last three the
 * shortest edge. Processors of ViT do not crop, whatever `do_center_crop` says. Steps that are not known here (`do_pad`
 * and others, where true) are refused; all other keys are passed over.
 *
 * @param config the parsed file
 * @param where the file's name, for messages
 * @returns a function that makes [3, height, width] of a picture
 * @throws PlumblineError (kind `input`) `bad-preprocessor` naming the key, `unsupported-preprocessing`; the function:
 *   (kind `usage`) `bad-image`, (kind `input`) `image-too-large` where resizing would make more than 100 million pixels
 * @source image processors of transformers 4.57.6 with Pillow 11.3; equal to `fixtures/images/processors.json`. Pillow 13
 *   resizes columns before rows where that is less work, which changes some bytes
 * @example
 * import { imagePreprocessor } from "@plumbline/model-sources";
 *
 * const preprocess = imagePreprocessor({ size: { height: 2, width: 2 } }, "preprocessor_config.json");
 * const white = { width: 4, height: 3, data: new Uint8Array(4 * 3 * 3).fill(255) };
 * console.log(preprocess(white).pixels); // Float32Array(12) […]
 */
export function imagePreprocessor(config: unknown, where: string): ImagePreprocessor {
  const settings = processorSettings(config, where);
  const { resize, crop } = settings;
  const table = tableOf(settings);
  return (image, imageWhere) => {
    checkImage(image);
    let current = image;
    if (resize !== undefined) {
      const target = targetOf(image, resize.size);
      if (target.width * target.height > maxResizedPixels) {
        throw fileError({
          code: "image-too-large",
          message: `imagePreprocessor(): resizing ${image.width} × ${image.height} makes ${target.width} × ${target.height}, more than ${maxResizedPixels} pixels`,
          ...(imageWhere === undefined ? {} : { where: imageWhere }),
          hint: "leave the image out, or cut it first",
        });
      }
      current = resizeImage(image, { ...target, resample: resize.resample });
    }
    if (crop !== undefined) current = centerCrop(current, crop);
    return pixelsOf(current, table);
  };
}
