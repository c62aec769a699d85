import { PlumblineError } from "@plumbline/core";
import type { Sharp, SharpOptions } from "sharp";
import { fileError } from "../../errors.ts";
import type { RgbImage } from "../../images/rgb-image.ts";

type OpenSharp = (input: Uint8Array, options: SharpOptions) => Sharp;

/** Decodes the bytes of one image. */
export type ImageDecoder = (bytes: Uint8Array, where: string) => Promise<RgbImage>;

/** The optional peer, loaded when first needed. @throws PlumblineError (kind `environment`) `missing-peer` */
async function loadSharp(): Promise<OpenSharp> {
  try {
    const { default: sharp } = await import("sharp");
    return sharp;
  } catch (cause) {
    throw new PlumblineError({
      code: "missing-peer",
      kind: "environment",
      message: "[model-sources] readImages(): the package sharp, which decodes images, could not be loaded",
      hint: "npm install sharp",
      cause,
    });
  }
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .subarray(at, at + text.length)
    .equals(Buffer.from(text, "latin1"));

/**
 * Only these four reach the decoder: it knows more, SVG with links to other files among them, and a name says nothing of
 * what a file is.
 */
function isKnownFormat(bytes: Uint8Array): boolean {
  return (
    startsWith(bytes, "\x89PNG\r\n\x1a\n") ||
    startsWith(bytes, "\xff\xd8\xff") ||
    (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) ||
    startsWith(bytes, "GIF87a") ||
    startsWith(bytes, "GIF89a")
  );
}

function undecodable(where: string, cause: unknown): PlumblineError {
  const { message } = cause as Error;
  const tooLarge = /exceeds pixel limit/i.test(message);
  return fileError({
    code: tooLarge ? "image-too-large" : "bad-image",
    message: `readImages(): ${tooLarge ? "the image is larger than maxPixels allows" : `the image cannot be decoded: ${message}`}`,
    where,
    hint: tooLarge
      ? 'make it smaller, raise maxPixels, or pass onBad: "skip"'
      : 'the file is damaged or cut short; copy it again, or pass onBad: "skip"',
    cause,
  });
}

/**
 * A decoder that gives what Pillow's `Image.open(path).convert("RGB")` gives: no turning by EXIF, no colour profiles, alpha
 * dropped, grey as three equal channels, the high byte of 16 bits, the first frame.
 *
 * @throws PlumblineError (kind `environment`) `missing-peer`; the decoder: (kind `input`) `unsupported-image`, `bad-image`,
 *   `image-too-large`
 */
export async function openImageDecoder(options: { readonly maxPixels: number }): Promise<ImageDecoder> {
  const sharp = await loadSharp();
  return async (bytes, where) => {
    if (!isKnownFormat(bytes)) {
      throw fileError({
        code: "unsupported-image",
        message: "readImages(): expected a PNG, JPEG, WebP or GIF image",
        where,
        hint: 'convert it to PNG, or pass onBad: "skip"',
      });
    }
    try {
      const { data, info } = await sharp(bytes, {
        limitInputPixels: options.maxPixels,
        // Warnings are what Pillow overlooks; a file cut short is an error to both.
        failOn: "error",
        ignoreIcc: true,
      })
        .toColourspace("srgb")
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      if (channels !== 3) throw new Error(`it has ${channels} channels`);
      return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
    } catch (cause) {
      throw undecodable(where, cause);
    }
  };
}
