import { readFileSync } from "node:fs";
import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { imagePreprocessor } from "./image-preprocessor.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/images/${name}.json`, import.meta.url), "utf8"));
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const { images } = read("resize");
const { configs, cases } = read("processors");

const black = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
});

interface Case {
  readonly name: string;
  readonly image: string;
  readonly shape: readonly number[];
  readonly pixels: string;
}

suite("imagePreprocessor()", () => {
  test.each(cases as readonly Case[])(
    "gives pixel_values of transformers: $name, $image",
    ({ name, image, ...entry }) => {
      const { width, height, data } = images[image];
      const made = imagePreprocessor(configs[name], "fixture")({ width, height, data: bytes(data) });
      expect([3, made.height, made.width]).toEqual(entry.shape);
      // Not merely within 1e-6: the same arithmetic gives the same bits.
      expect(made.pixels).toEqual(new Float32Array(bytes(entry.pixels).buffer));
    },
  );

  test("takes ViT's defaults where nothing is said, and CLIP's and DeiT's by name", () => {
    const { pixels, height, width } = imagePreprocessor({}, "none")(black(10, 20));
    expect([height, width, pixels[0]]).toEqual([224, 224, -1]);
    const clip = imagePreprocessor({ feature_extractor_type: "CLIPFeatureExtractor", size: 8 }, "none");
    expect(clip(black(10, 20))).toMatchObject({ height: 224, width: 224 });
    const uncropped = { image_processor_type: "CLIPImageProcessor", size: 8, do_center_crop: false };
    expect(imagePreprocessor(uncropped, "none")(black(10, 21))).toMatchObject({ height: 16, width: 8 });
    const deit = { image_processor_type: "DeiTImageProcessor", do_center_crop: false };
    expect(imagePreprocessor(deit, "none")(black(10, 20))).toMatchObject({ height: 256, width: 256 });
  });

  test.each([
    ["size", { size: 0 }],
    ["size", { size: { longest_edge: 5 } }],
    ["size", { size: { height: 3, width: 2.5 } }],
    ["size", { size: 1e9 }],
    ["crop_size", { crop_size: { shortest_edge: 3 } }],
    ["resample", { resample: 6 }],
    ["do_resize", { do_resize: "yes" }],
    ["rescale_factor", { rescale_factor: "1/255" }],
    ["image_mean", { image_mean: [0.5, 0.5] }],
    ["image_std", { image_std: [1, 0, 1] }],
    ["image_processor_type", { image_processor_type: 3 }],
    ["the configuration", []],
    ["the configuration", null],
  ])("names %s where it is bad", (key, config) => {
    expect(() => imagePreprocessor(config, "my.json")).toThrow(`expected ${key} to be`);
    expect(() => imagePreprocessor(config, "my.json")).toThrow(
      expect.objectContaining({ code: "bad-preprocessor", kind: "input", where: "my.json" }),
    );
  });

  test("refuses steps that it does not know", () => {
    expect(() => imagePreprocessor({ do_pad: true }, "x")).toThrow("do_pad is not known here");
    expect(() => imagePreprocessor({ do_normalise: true }, "x")).toThrow(
      expect.objectContaining({ hint: "did you mean do_normalize?" }),
    );
    expect(() => imagePreprocessor({ do_pad: false, do_convert_rgb: true, extra: 1 }, "x")).not.toThrow();
  });

  test("refuses pictures that are not what they say, and those that would grow without bounds", () => {
    const preprocess = imagePreprocessor({ size: { shortest_edge: 224 } }, "x");
    expect(() => preprocess({ width: 2, height: 2, data: new Uint8Array(11) })).toThrow("got 11 bytes");
    expect(() => preprocess(black(1, 10_000), "line.png")).toThrow(
      expect.objectContaining({ code: "image-too-large", kind: "input", where: "line.png" }),
    );
  });

  test("answers every configuration with a function or an error of ours", () => {
    const keys = ["size", "crop_size", "resample", "image_mean", "image_std", "do_pad", "rescale_factor"];
    const configs = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(configs, (config) => {
        try {
          expect(imagePreprocessor(config, "x")).toBeTypeOf("function");
        } catch (error) {
          expect(PlumblineError.isInstance(error) && error.kind).toBe("input");
        }
      }),
    );
  });
});
